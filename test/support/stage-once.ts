/** Stages one commit and ends, for tests that kill it before: `node stage-once.ts DATA_DIR ID URL SHA DIR`. */
import { createGit } from "../../controller/git/pool.ts";
import { systemClock } from "../../controller/lib/clock.ts";
import { silentLog } from "../../controller/lib/log.ts";

const [dataDir = "", id = "", url = "", sha = "", dir = ""] = process.argv.slice(2);
const git = createGit({ dataDir, clock: systemClock, log: silentLog });
const remote = { id, url };
await git.stage({ remote, sha, ref: "refs/heads/main", dir }, new AbortController().signal);
await git.close();

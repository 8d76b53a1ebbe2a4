/**
 * A process for the tests of the editor: `editing-process.ts DIR FILE [TIMES]` sets `spec.interval` of the Application "shop" to
 * `1m`, `2m`, ... of ever other length, says `begun` before the first and `done` after the last, and ends.
 */
import { set } from "../../../controller/edit/change.ts";
import { editManifestFile } from "../../../controller/edit/edit-file.ts";
import { systemClock } from "../../../controller/lib/clock.ts";

const alive = setInterval(() => {}, 1_000); // the clock's timers keep no process alive
const [dir = "", file = "", times = "1"] = process.argv.slice(2);
process.stdout.write("begun\n");
for (let time = 1; time <= Number(times); time++) {
  const value = `${time}${"0".repeat(time % 7)}m`;
  const changes = [set(["spec", "interval"], value)];
  await editManifestFile(
    { dir, file, clock: systemClock, edits: [{ kind: "Application", name: "shop", changes }] },
    new AbortController().signal,
  );
}
process.stdout.write("done\n");
clearInterval(alive);

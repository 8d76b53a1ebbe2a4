/** A process that publishes statuses as fast as it can, until it is killed. Its argument is the registry's folder. */
import { silentLog } from "../../../controller/lib/log.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { createStatusPublisher } from "../../../controller/status/status-file.ts";
import { bulkyStatus } from "./bulky-status.ts";

const registryDir = process.argv[2] ?? "";
const publisher = createStatusPublisher({ registryDir, log: silentLog, clock: systemClock });
await publisher.load();
for (let round = 0; ; round++) {
  // Two files; `b` moves between them, and `c` comes and goes.
  await Promise.all([
    publisher.publish("a", { file: "one.yaml", document: 0 }, bulkyStatus("a", round)),
    publisher.publish(
      "b",
      { file: round % 2 === 0 ? "one.yaml" : "two.yaml", document: 1 },
      bulkyStatus("b", round),
    ),
    round % 3 === 0
      ? publisher.remove("c")
      : publisher.publish("c", { file: "two.yaml", document: 2 }, bulkyStatus("c", round)),
  ]);
  if (round === 0) process.stdout.write("started\n");
}

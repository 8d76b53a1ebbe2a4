import { expect } from "chai";
import { explain } from "../../../controller/compose/explain.ts";

const failed = (output: string): string => explain({ ended: "exited", exitCode: 1, output });

describe("explain()", () => {
  const cases: readonly { readonly name: string; readonly output: string; readonly wanted: string }[] = [
    {
      name: "what the engine said, without the container's id",
      output: [
        " Container p-a-1  Creating",
        " Container p-a-1  Created",
        " Container p-a-1  Starting",
        `Error response from daemon: driver failed programming external connectivity on endpoint p-a-1 (${"0af9".repeat(16)}): Bind for 0.0.0.0:80 failed: port is already allocated`,
      ].join("\n"),
      wanted:
        "Error response from daemon: driver failed programming external connectivity on endpoint p-a-1: Bind for 0.0.0.0:80 failed: port is already allocated",
    },
    {
      name: "the dependency that failed, and not the progress after it",
      output: "dependency failed to start: container p-db-1 is unhealthy\n Container p-db-1  Stopping\n",
      wanted: "dependency failed to start: container p-db-1 is unhealthy",
    },
    {
      name: "the step of a build",
      output:
        '#8 [3/3] RUN make\n#8 0.2 gcc: not found\n#8 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2\n------\n > [3/3] RUN make:\n------\nDockerfile:4\n   4 | >>> RUN make\nfailed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',
      wanted: 'failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',
    },
    {
      name: "the message of a log line, without its time",
      output: 'time="2026-01-02T03:04:05Z" level=error msg="cannot find \\"x\\""',
      wanted: 'cannot find "x"',
    },
    {
      name: "the last line where none stands out, and no warning",
      output:
        'something odd\nlast words\ntime="2026-01-02T03:04:05Z" level=warning msg="version is obsolete"',
      wanted: "last words",
    },
    { name: "that there was nothing", output: "", wanted: "Compose said nothing and ended with code 1" },
  ];
  for (const { name, output, wanted } of cases) {
    it(`tells ${name}`, () => {
      expect(failed(output)).to.equal(wanted);
    });
  }

  it("tells a cancel and a limit apart from a failure", () => {
    expect(explain({ ended: "cancelled", exitCode: undefined, output: "Error response" })).to.equal(
      "it was cancelled",
    );
    expect(explain({ ended: "limit", exitCode: undefined, output: "" })).to.equal("it took too long");
    expect(explain({ ended: "limit", exitCode: undefined, output: "#3 fetching" })).to.equal(
      "it took too long",
    );
    expect(explain({ ended: "exited", exitCode: undefined, output: "" })).to.equal("Compose was killed");
  });

  it("is one line of bounded length", () => {
    expect(failed(`Error response from daemon: ${"x".repeat(5000)}`).length).to.equal(301);
  });
});

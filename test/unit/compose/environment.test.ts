import { expect } from "chai";
import { childEnvironment } from "../../../controller/compose/environment.ts";

describe("childEnvironment()", () => {
  const own = {
    HOME: "/home/me",
    PATH: "/evil",
    MARKER: "leak",
    DOCKER_CONFIG: "/cfg",
    DOCKER_TLS_VERIFY: "1",
    COMPOSE_FILE: "x",
    SSH_AUTH_SOCK: "/s",
  };

  it("hands on HOME and Docker's own settings, and nothing else of the controller's", () => {
    expect(childEnvironment({ own, dockerHost: "tcp://h:2376", workingDir: "/w" })).to.deep.equal({
      HOME: "/home/me",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      PWD: "/w",
      DOCKER_HOST: "tcp://h:2376",
      DOCKER_CONFIG: "/cfg",
      DOCKER_TLS_VERIFY: "1",
      COMPOSE_EXPERIMENTAL_GIT_REMOTE: "false",
      COMPOSE_EXPERIMENTAL_OCI_REMOTE: "false",
      COMPOSE_MENU: "false",
      COMPOSE_PROGRESS: "plain",
      COMPOSE_ANSI: "never",
      DOCKER_CLI_HINTS: "false",
      BUILDX_GIT_INFO: "false",
      GIT_DIR: "/dev/null",
    });
  });

  it("lets an Application's variables change neither the program, nor the engine, nor what is fixed", () => {
    const names = [
      "PATH",
      "HOME",
      "PWD",
      "DOCKER_HOST",
      "DOCKER_CONTEXT",
      "DOCKER_CONFIG",
      "COMPOSE_PROGRESS",
    ];
    const without = childEnvironment({ own: {}, dockerHost: undefined, workingDir: "/w" });

    const environment = childEnvironment({
      own: {},
      dockerHost: undefined,
      workingDir: "/w",
      variables: [...names, "TAG"].map((name) => ({ name, value: "mine" })),
    });

    expect(environment).to.deep.equal({ ...without, TAG: "mine" });
  });
});

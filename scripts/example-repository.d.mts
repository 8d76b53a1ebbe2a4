import type { ChildProcess } from "node:child_process";

export declare const EXAMPLE_GIT_PORT: number;

export declare function createExampleRepository(options: {
  readonly folder: string;
  readonly template: string;
}): {
  readonly bare: string;
  readonly clone: string;
};

export declare function serveExampleRepository(options: {
  readonly folder: string;
  readonly port?: number;
}): Promise<ChildProcess>;

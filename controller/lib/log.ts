export type LogFields = Readonly<Record<string, unknown>>;

/**
 * A constant message plus fields. `info`: something changed in the world; `warn`: a person should look;
 * `error`: a bug; `debug`: the rest. Made in `telemetry/logger.ts`, handed down from `controller.ts`.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** The command line or the environment is wrong: exit code 2. The message says what was given and what was meant. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command could not do what it is for, where exit code 1 is an answer (diff(1)): exit code 2. */
export class TroubleError extends Error {
  override readonly name = "TroubleError";
}

/** The command was understood and did not succeed: exit code 1. The message is for a person, one line. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

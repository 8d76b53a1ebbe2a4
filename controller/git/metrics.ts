export type GitOperation = "ls-remote" | "fetch" | "checkout";

/** What Git operations count; by default, nothing. */
export interface GitMetrics {
  /** One operation ended; `seconds` include the wait for a place. */
  requested(operation: GitOperation, result: "success" | "error", seconds: number): void;
  /** A host asked for fewer requests, and is left alone for a while. */
  paused(): void;
  /** How many mirrors there are, and what they take on disk. */
  mirrors(count: number, bytes: number): void;
}

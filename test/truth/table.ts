import type { Section } from "./situation.ts";
import { AS_MADE } from "./rows/as-made.ts";
import { BY_HAND } from "./rows/by-hand.ts";
import { BY_ITSELF, ONE_SHOTS } from "./rows/by-itself.ts";
import { CHECKOUTS, COMMITS } from "./rows/commits.ts";
import { FILES } from "./rows/files.ts";
import { IMAGES } from "./rows/images.ts";
import { MADE_BY_OTHERS } from "./rows/made-by-others.ts";
import { NOBODY_WATCHED } from "./rows/nobody-watched.ts";
import { THE_ENGINE } from "./rows/the-engine.ts";
import { SWITCHES } from "./rows/switches.ts";

/** The truth table, in the order of its documentation. */
export const TRUTH_TABLE: readonly Section[] = [
  BY_HAND,
  BY_ITSELF,
  ONE_SHOTS,
  MADE_BY_OTHERS,
  AS_MADE,
  IMAGES,
  COMMITS,
  FILES,
  CHECKOUTS,
  SWITCHES,
  NOBODY_WATCHED,
  THE_ENGINE,
];

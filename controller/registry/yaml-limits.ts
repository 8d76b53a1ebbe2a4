/** What a manifest file may cost to read. A file of a thousand Applications stays well below. */
export const MAX_BYTES = 1024 * 1024;
/** Words, indicators and line ends, as the lexer counts them: about 4 µs each, up to 15 where they are nonsense. */
export const MAX_TOKENS = 200_000;
/** Mappings and lists within one another. */
export const MAX_DEPTH = 64;
/** Aliases of one document, those within an alias's own value counted each time. */
export const MAX_ALIASES = 100;
/** Values of one document that come out of its aliases. */
export const MAX_ALIASED_VALUES = 10_000;
/** Faults of one document that are told: more help nobody. */
export const MAX_FAULTS = 20;

/** A part of a file is of a kind that is sound, but not read here. */
export class Unsupported extends Error {}

/** Thrown when the user ended a run early; its checkpoints are saved. */
export class Interrupted extends Error {}

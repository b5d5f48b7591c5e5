// An event that cannot be processed: it goes to quarantine with this text, is *stored*, and its sale is set
// aside for a person (rule 16). Any other error means the same to the engine; this one says that the event
// itself is to blame.
export class Poisoned extends Error {}

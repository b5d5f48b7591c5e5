// Assertions on what must be true whatever anybody sends. They stay on in production: with other people's
// money it is better to stop than to go on with books that are wrong.

/** Something that can only be our own mistake. Never caught to go on with the same work. */
export class BrokenInvariant extends Error {
  constructor(words: string) {
    super(`broken invariant: ${words}`)
    this.name = 'BrokenInvariant'
  }
}

export function invariant(holds: boolean, words: string): asserts holds {
  if (!holds) throw new BrokenInvariant(words)
}

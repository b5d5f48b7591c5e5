// A disk of a few megabytes that can be filled to its last byte and emptied again: memory that is mounted
// as a file system, which only root may do.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export class SmallDisk {
  readonly #folder: string
  /** By which the system knows it, wherever its folder has gone since. */
  readonly #name: string

  private constructor(folder: string, name: string) {
    this.#folder = folder
    this.#name = name
  }

  /** @returns why there is none, for whoever reads the test's output, when it cannot be mounted here */
  static mount(folder: string, megabytes: number): SmallDisk | string {
    mkdirSync(folder, { recursive: true })
    const name = `concilia-${process.pid}-${megabytes}m`
    const size = ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, name, folder]
    const { status, stderr, error } = spawnSync('mount', size, { encoding: 'utf8' })
    if (status === 0) return new SmallDisk(folder, name)
    return `no small disk can be mounted here (${error?.message ?? stderr.trim()}); a full disk is not tried`
  }

  /** Not a byte is left. */
  fill(): void {
    const ballast = openSync(this.#ballast, 'a')
    try {
      for (const size of [65_536, 4096, 1]) {
        const bytes = Buffer.alloc(size)
        while (isWritten(ballast, bytes)) {}
      }
    } finally {
      closeSync(ballast)
    }
  }

  /** What it was filled with is gone. */
  empty(): void {
    rmSync(this.#ballast, { force: true })
  }

  unmount(): void {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    const [, folder = this.#folder] =
      mounts.find((line) => line.startsWith(`${this.#name} `))?.split(' ') ?? []
    // Lazily: a program that was killed may hold a file for a moment longer.
    spawnSync('umount', ['-l', folder])
  }

  get #ballast(): string {
    return join(this.#folder, 'ballast')
  }
}

function isWritten(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) === bytes.length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}

// The error of a call that names a machine which was not created.
import { OperatingError } from '@concilia/platform/operating-error.ts'

export function unknownMachine(name: string, known: readonly string[]): OperatingError {
  return new OperatingError({
    code: 'no-such-machine',
    message: `There is no simulated machine ${name}.`,
    advice: known.length === 0 ? 'Create it first.' : `There are: ${known.join(', ')}.`,
  })
}

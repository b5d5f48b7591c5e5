// Peripherals of the bus by address (MDB 4.2, 2.3).

export const peripherals: Readonly<Record<number, string>> = {
  8: 'coin changer',
  16: 'cashless device 1',
  24: 'communications gateway',
  32: 'display',
  40: 'energy manager',
  48: 'bill validator',
  64: 'universal satellite 1',
  72: 'universal satellite 2',
  80: 'universal satellite 3',
  88: 'hopper 1',
  96: 'cashless device 2',
  104: 'age verification',
  112: 'hopper 2',
}

/** `0x60 cashless device 2` */
export function peripheralName(address: number): string {
  const name = peripherals[address] ?? 'another peripheral'
  return `0x${address.toString(16).padStart(2, '0')} ${name}`
}

// The CRC-16 of EVA-DTS: x16+x15+x2+1, reflected, begun at zero ("123456789" gives BB3D). G85 prints it high
// byte first; DEX sends it low byte first.

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  return crc
})

/** @param crc what came of the bytes before */
export function crc16(bytes: Iterable<number>, crc = 0): number {
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return crc
}

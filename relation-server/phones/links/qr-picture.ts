// A link as a QR code: SVG for print, PNG for everything else, and letters for a terminal. Error correction
// is medium (15 %): stickers get scratched, and more of it makes finer modules.
import { crc32, deflateSync } from 'node:zlib'
import { encodeQR } from 'qr'

/** The standard's quiet zone (ISO/IEC 18004, 6.3.8), in modules. */
const border = 4

export function qrSvg(link: string): string {
  return encodeQR(link, 'svg', { ecc: 'medium', border })
}

/** For a terminal, in colours of its own. */
export function qrText(link: string): string {
  return encodeQR(link, 'term', { ecc: 'medium', border: 2 })
}

/**
 * @param scale pixels a module
 * @returns a PNG of one bit a pixel
 */
export function qrPng(link: string, scale = 12): Buffer {
  const modules = encodeQR(link, 'raw', { ecc: 'medium', border })
  const width = modules.length * scale
  const rows = modules.flatMap((row) => Array<Buffer>(scale).fill(pixelRow(row, scale)))
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(width, 4)
  header[8] = 1 // bit depth; colour type 0: grey
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Filter 0, then eight pixels a byte; 1 is white. */
function pixelRow(modules: readonly boolean[], scale: number): Buffer {
  const row = Buffer.alloc(1 + Math.ceil((modules.length * scale) / 8))
  for (let x = 0; x < modules.length * scale; x++) {
    const isDark = modules[Math.floor(x / scale)]
    if (!isDark) row[1 + (x >> 3)] = (row[1 + (x >> 3)] ?? 0) | (0x80 >> (x & 7))
  }
  return row
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}

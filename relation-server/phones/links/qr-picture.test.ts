// The pictures are read again by the decoder of the same library, which shares no code with its encoder; the
// PNG is taken apart first, chunk by chunk.
import { crc32, inflateSync } from 'node:zlib'
import decodeQR from 'qr/decode.js'
import { expect, test } from 'vitest'
import { qrPng, qrSvg, qrText } from './qr-picture.ts'

const links = [
  'sms:36000?&body=PAY%204021',
  'tel:*123*4021%23',
  `https://pay.example/m/4021?${'x'.repeat(300)}`,
]

function pixelsOf(png: Buffer) {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at)
    expect(png.readUInt32BE(end)).toBe(crc32(png.subarray(at + 4, end)))
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, end))
    at = end + 4
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND'])
  const header = chunks.get('IHDR') ?? Buffer.alloc(0)
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const bits = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0))
  const stride = 1 + Math.ceil(width / 8)
  expect(bits).toHaveLength(stride * height)
  const data = new Uint8Array(width * height * 4).fill(255)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = bits[y * stride + 1 + (x >> 3)] ?? 0
      const light = (byte >> (7 - (x & 7))) & 1 ? 255 : 0
      data.fill(light, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return { width, height, data }
}

test.each(links)('a PNG that says %s', (link) => {
  expect(decodeQR(pixelsOf(qrPng(link, 4)))).toBe(link)
})

test('an SVG and letters for a terminal', () => {
  expect(qrSvg(links[0] ?? '')).toMatch(/^<svg [^>]*viewBox="0 0 33 33"/)
  expect(qrText(links[0] ?? '').split('\n').length).toBeGreaterThan(14)
})

// The tools that speak on a bus, as they are typed: doctor, wiring, test-vend. Each runs as a program of its
// own on a real pseudo-terminal; most of the time is waiting, so the tests run side by side.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { busBytesOf, busText } from '@concilia/protocol/mdb/bus.ts'
import { PairSplitter, pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import { readMasterHostLine } from '@concilia/protocol/qibixx-master.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import { expect, test } from 'vitest'
import { Pty } from '../pty.ts'
import { type StartedTool, startedTool, type ToolName } from './started-tool.ts'

type Bench = ReturnType<typeof benchOf>

function benchOf(finished: (undo: () => Promise<void>) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'concilia-bus-tools-'))
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
  finished(async () => {
    for (const action of undo.reverse()) await action()
  })
  return { folder, undo, tool: (name: ToolName, ...words: string[]) => startedTool(undo, name, words) }
}

/** What a technician would do: the machine's port, then the tool on it. */
async function onVmc({ tool }: Bench, vmcWords: string[], busWords: string[]) {
  const vmc = tool('vmc', ...vmcWords)
  const bus = tool('bus', ...busWords, '--port', await vmc.shows(/the machine is on (.+)/))
  return { vmc, bus }
}

/** Ended, and readable on 80 columns whatever was found. */
async function said({ ended, lines }: StartedTool): Promise<[number | null, string]> {
  const code = await ended
  for (const line of lines.filter((text) => !text.includes(tmpdir())))
    expect(line.length, line).toBeLessThan(81)
  return [code, lines.join('\n').replace(/\n +/g, ' ')]
}

test.concurrent('doctor: well, claiming too much, a box, a taken place, no port', async ({
  onTestFinished,
  expect,
}) => {
  const bench = benchOf(onTestFinished)
  const taken = join(bench.folder, 'taken')
  // A bridge that carries both sides of a bus on which somebody else answers at our place.
  const pty = new Pty(taken, () => {})
  let timer = systemClock.after(0, () => {})
  const poll = () => {
    pty.write(pairsText(busBytesOf('62* 62 00*') ?? []))
    timer = systemClock.after(100, poll)
  }
  poll()
  bench.undo.push(() => {
    timer.cancel()
    pty.unplug()
  })
  const file = join(bench.folder, 'automaton.toml')
  const text = ['currency = "EUR"', 'machineNumber = "4021"', 'identity = "identity"']
  const parts = ['[link]', 'url = "mqtts://broker.example:8883"', '[serial]', 'path = "/dev/not-there"']
  writeFileSync(file, [...text, ...parts].join('\n'))
  const noisy = join(bench.folder, 'noisy')
  const noise = new Pty(noisy, () => {})
  let hiss = systemClock.after(0, () => {})
  const roar = () => {
    noise.write('\u0055\u00aaU~'.repeat(10))
    hiss = systemClock.after(300, roar)
  }
  roar()
  bench.undo.push(() => {
    hiss.cancel()
    noise.unplug()
  })
  const onMachine = async (vmcWords: string[], ...busWords: string[]) =>
    said((await onVmc(bench, vmcWords, ['doctor', ...busWords])).bus)
  const [well, claiming, box, place, wrongSpeed, missing] = await Promise.all([
    onMachine([], '--seconds', '60'),
    onMachine(['--speaks', '1'], '--seconds', '3'),
    onMachine(['--box'], '--seconds', '60'),
    said(bench.tool('bus', 'doctor', '--port', taken)),
    said(bench.tool('bus', 'doctor', '--port', noisy)),
    said(bench.tool('bus', 'doctor', '--config', file)),
  ])
  expect(well).toEqual([
    0,
    expect.stringMatching(/\ngood {2}our reader is enabled: a buyer chooses, then pays by phone\n/),
  ])
  expect(claiming).toEqual([1, expect.stringMatching(/WRONG the machine has reset .* level 3 .*level = 1/)])
  expect(box).toEqual([0, expect.stringMatching(/a Qibixx box .*\ngood {2}our reader is enabled\n/)])
  expect(place).toEqual([1, expect.stringMatching(/somebody answers at 0x60 cashless device 2 already/)])
  expect(wrongSpeed).toEqual([
    1,
    expect.stringMatching(/WRONG \d+ bytes came that are neither .* speed that it is set to/),
  ])
  expect(missing).toEqual([1, expect.stringMatching(/WRONG The serial port .* is not there\. ->/)])
}, 120_000)

test.concurrent('wiring: on a raw bus, behind a box, and asked on a bus without a machine', async ({
  onTestFinished,
  expect,
}) => {
  const bench = benchOf(onTestFinished)
  const alone = join(bench.folder, 'alone')
  const pty = new Pty(alone, (bytes) => {
    for (const byte of splitter.push(bytes).bytes) heard.push(byte)
    // Somebody at 0x60, and nobody else.
    if (busText(heard) === '62* 62') pty.write(pairsText(busBytesOf('00 00*') ?? []))
    if (heard.length >= 2) heard.splice(0)
  })
  const splitter = new PairSplitter()
  const heard: number[] = []
  bench.undo.push(() => pty.unplug())
  const boxAlone = join(bench.folder, 'box')
  const lines = new LineSplitter()
  // A box on a bus without a machine, with a coin changer that answers.
  const boxPty: Pty = new Pty(boxAlone, (bytes) => {
    for (const text of lines.push(bytes)) {
      if (text === 'V') boxPty.write('v,4.0.2.0,test\r\n')
      const line = readMasterHostLine(text)
      if (line?.type === 'master') boxPty.write('m,ACK\r\n')
      if (line?.type === 'exchange') boxPty.write(line.command === 0x0b ? 'p,ACK\r\n' : 'p,NACK\r\n')
    }
  })
  bench.undo.push(() => boxPty.unplug())
  const [raw, box, asked, boxAsked] = await Promise.all([
    onVmc(bench, [], ['wiring', '--seconds', '1']).then(({ bus }) => said(bus)),
    onVmc(bench, ['--box'], ['wiring', '--seconds', '1']).then(({ bus }) => said(bus)),
    said(bench.tool('bus', 'wiring', '--ask', '--port', alone)),
    said(bench.tool('bus', 'wiring', '--ask', '--seconds', '1', '--port', boxAlone)),
  ])
  expect(raw).toEqual([0, expect.stringMatching(/0x60 cashless device 2 +polled, no answer heard/)])
  expect(box[0]).toBe(0)
  expect(box[1]).toMatch(/0x08 coin changer +polled and answers/)
  expect(box[1]).toMatch(/0x10 cashless device 1 +polled, no answer heard/)
  expect(asked).toEqual([0, expect.stringMatching(/0x60 cashless device 2 +answers/)])
  expect(asked[1]).toMatch(/0x08 coin changer +silent/)
  expect(boxAsked).toEqual([0, expect.stringMatching(/0x08 coin changer +answers .* silent/)])
}, 120_000)

test.concurrent('test-vend: a key in the place of a payment; the machine says how it ended', async ({
  onTestFinished,
  expect,
}) => {
  const bench = benchOf(onTestFinished)
  const pressing = async (...vmcWords: string[]) => {
    const both = await onVmc(bench, vmcWords, ['test-vend', '--seconds', '60'])
    await both.bus.shows(/Choose an item/)
    await both.vmc.shows(/readerEnabled/)
    both.vmc.type('press 5')
    await both.bus.shows(/item 5 was chosen, for 1\.50 EUR/)
    return both
  }
  const ending = async (vmcWords: string[], key: string) => {
    const { vmc, bus } = await pressing(...vmcWords)
    bus.type(key)
    const [code, text] = await said(bus)
    vmc.type('look')
    const dropped = await vmc.shows(/"dropped":(\{[^}]*\})/)
    return [code, text.split('\n').at(-1), dropped]
  }
  const [raw, jam, refused] = await Promise.all([
    ending([], ''),
    ending(['--box', '--behaviour', 'jam'], ''),
    ending([], 'n'),
  ])
  expect(raw).toEqual([0, expect.stringMatching(/^DELIVERED/), '{"5":1}'])
  expect(jam).toEqual([1, expect.stringMatching(/^NOT DELIVERED/), '{}'])
  expect(refused).toEqual([1, expect.stringMatching(/^REFUSED/), '{}'])
}, 120_000)

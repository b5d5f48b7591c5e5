// Everything that somebody can do to a kiosk, or that can befall it, as data: what a buyer does, a
// technician, and bad luck. Scripts, the terminal (kiosk-words.ts) and the seeds of a test all work it
// through here.
import type { BoardFault } from './board-faults.ts'
import type { ChangerFault } from './changer-faults.ts'
import type { Kiosk, KioskPart } from './kiosk.ts'

export type KioskAct =
  // A buyer.
  | { readonly act: 'coin'; readonly valueMinor: number }
  | { readonly act: 'slug' | 'lever' }
  | { readonly act: 'press'; readonly item: number }
  // A technician.
  | { readonly act: 'door'; readonly open: boolean }
  | { readonly act: 'stock'; readonly item: number; readonly count: number }
  | { readonly act: 'fill'; readonly valueMinor: number; readonly count: number }
  | { readonly act: 'take'; readonly valueMinor: number }
  /** All that is jammed, blind, unplugged or without power; what was lost stays lost. */
  | { readonly act: 'mend' }
  // Bad luck: once, at the next occasion.
  | { readonly act: 'changerFault'; readonly fault: ChangerFault; readonly after?: number }
  | { readonly act: 'boardFault'; readonly fault: BoardFault }
  // Bad luck that lasts.
  | { readonly act: 'power' | 'line'; readonly part: KioskPart; readonly on: boolean }
  | { readonly act: 'acceptor' | 'dropSensor'; readonly on: boolean }
  | { readonly act: 'blindTube'; readonly valueMinor: number }
  | { readonly act: 'miscount'; readonly valueMinor: number; readonly by: number }
  | { readonly act: 'restartBridge' }

/** @returns why it cannot be done; undefined when it is done */
export function perform(kiosk: Kiosk, act: KioskAct): string | undefined {
  if ('valueMinor' in act) return withCoin(kiosk, act)
  const { changer, board } = kiosk
  switch (act.act) {
    case 'slug':
      return void changer.insertSlug()
    case 'lever':
      return void changer.pushLever()
    case 'press':
      return void board.press(act.item)
    case 'door':
      return void board.setDoor(act.open)
    case 'stock':
      return void board.setStock(act.item, act.count)
    case 'mend':
      return void mend(kiosk)
    case 'changerFault':
      return void changer.faults.add(act.fault, act.after)
    case 'boardFault':
      return void board.faults.add(act.fault)
    case 'power':
      return void (act.on ? kiosk[act.part].restorePower() : kiosk[act.part].cutPower())
    case 'line':
      return void (act.on ? kiosk.lines[act.part].plug() : kiosk.lines[act.part].unplug())
    case 'acceptor':
      changer.acceptorUnplugged = !act.on
      return undefined
    case 'dropSensor':
      return void board.setBlind(!act.on)
    case 'restartBridge':
      return void kiosk.restartBridge()
  }
}

function withCoin({ changer }: Kiosk, act: Extract<KioskAct, { valueMinor: number }>): string | undefined {
  const type = changer.settings.coins.findIndex(({ valueMinor }) => valueMinor === act.valueMinor)
  if (type < 0) return 'the changer knows no such coin'
  if (act.act === 'coin') return void changer.insert(type)
  if (changer.settings.coins[type]?.tube === undefined) return 'this coin has no tube'
  switch (act.act) {
    case 'fill':
      return void changer.fillByHand(type, act.count)
    case 'take':
      return changer.payByHand(type)
        ? undefined
        : 'no coin comes: the tube is empty, or it is not allowed now'
    case 'blindTube':
      return void changer.blind(type)
    case 'miscount':
      return void changer.miscount(type, act.by)
  }
}

function mend({ changer, board, lines }: Kiosk): void {
  for (const line of [lines.changer, lines.board]) line.plug()
  changer.mend()
  changer.restorePower()
  board.restorePower()
  board.setBlind(false)
  if (board.doorOpen) board.setDoor(false)
}

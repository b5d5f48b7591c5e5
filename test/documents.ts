// Every document that is made from the code, by its path. Written by `npm run documents` and compared by a
// test.

import { saleChart as automatonChart } from '@concilia/automaton/sale-chart.ts'
import { openApiDocument } from '@concilia/payment-centre/http/openapi.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { saleChart as serverChart } from '@concilia/relation-server/sale-chart.ts'
import { asyncapiDocument } from './documents-asyncapi.ts'
import { chartPage } from './documents-charts.ts'
import { evaDtsPage } from './documents-eva-dts.ts'
import { kioskFaultsPage } from './documents-kiosk-faults.ts'
import { machineStatePage } from './documents-machine-state.ts'
import { mdbPage } from './documents-mdb.ts'
import { mdbFaultsPage } from './documents-mdb-faults.ts'
import { mdbSalePage } from './documents-mdb-sale.ts'

export function documents(): Map<string, string> {
  const { offerWaitMs, vendMs, reportingMs } = defaultLimits
  return new Map([
    ['docs/asyncapi.json', json(asyncapiDocument())],
    ['docs/openapi.json', json(openApiDocument('1.0.0'))],
    ['docs/machine-state.md', machineStatePage()],
    ['docs/mdb.md', mdbPage()],
    ['docs/mdb-sale.md', mdbSalePage()],
    ['docs/mdb-faults.md', mdbFaultsPage()],
    ['docs/eva-dts.md', evaDtsPage()],
    ['docs/kiosk-faults.md', kioskFaultsPage()],
    [
      'docs/charts/automaton-sale.md',
      chartPage(
        "The automaton's sale",
        'One sale on one machine, from the choice of an item (ST2) to its stored outcome (ST6).',
        automatonChart({ offerWaitMs, vendLimitMs: vendMs, reportingMs }),
      ),
    ],
    [
      'docs/charts/relation-server-sale.md',
      chartPage(
        "The relation server's sale",
        'One sale from its offer (ST4) to one of its endings: settled, refused, withdrawn, expired, ' +
          're-credited, closed as unknown, or owed.',
        serverChart,
      ),
    ],
  ])
}

function json(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

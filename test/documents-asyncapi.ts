// The AsyncAPI document of link 7, automaton to relation server, made from the topics and from the very
// schemas that validate the messages. Told from the automaton's side: it sends on `up` and `state`, and
// receives on `down`.
import { auditSchema, auditTextSchema } from '@concilia/protocol/audit.ts'
import {
  configurationAnswerSchema,
  configurationMessageSchema,
  machineConfigurationSchema,
} from '@concilia/protocol/machine-configuration.ts'
import {
  admissionSchema,
  birthSchema,
  codeMessageSchema,
  goneMessageSchema,
  instructionAnswerSchema,
  instructionSchema,
  offerMessageSchema,
  offerSchema,
  outcomeMessageSchema,
  presenceSchema,
  storedSchema,
  telemetrySchema,
  withdrawalMessageSchema,
} from '@concilia/protocol/messages.ts'
import {
  acknowledgementSchema,
  outcomeSchema,
  slipSchema,
  withdrawalSchema,
} from '@concilia/protocol/promises.ts'
import { automatonIdSchema, type DownChannel, partitions, type UpChannel } from '@concilia/protocol/topics.ts'
import { z } from 'zod'

interface Message {
  readonly summary: string
  readonly schema: z.ZodType
}

interface Channel {
  readonly about: string
  readonly messages: readonly (keyof typeof messages)[]
}

const messages = {
  birth: { summary: 'Who has come up, with which journal, how often started', schema: birthSchema },
  offer: {
    summary: 'ST4: what the machine would deliver, the price and the signed price slip',
    schema: offerMessageSchema,
  },
  code: { summary: 'The code of a phone call, typed at the machine', schema: codeMessageSchema },
  withdrawal: {
    summary: 'A signed promise never to deliver that sale',
    schema: withdrawalMessageSchema,
  },
  outcome: { summary: 'ST6: the signed report of a delivery', schema: outcomeMessageSchema },
  gone: { summary: 'A number that the automaton no longer keeps', schema: goneMessageSchema },
  instructionAnswer: {
    summary: 'The receipt of an instruction; moves no money',
    schema: instructionAnswerSchema,
  },
  telemetry: { summary: 'What the machine did that is no sale by phone', schema: telemetrySchema },
  auditText: {
    summary: "A piece of the machine's audit data (EVA-DTS), as it gave it",
    schema: auditTextSchema,
  },
  audit: { summary: 'The counters in it, and how it was read', schema: auditSchema },
  configurationAnswer: {
    summary: 'A configuration is in force, or rejected with the reason and without effect',
    schema: configurationAnswerSchema,
  },
  presence: { summary: 'Online, asleep or lost', schema: presenceSchema },
  admission: {
    summary: 'The answer to a birth: accepted, pending or rejected, and what the server holds',
    schema: admissionSchema,
  },
  instruction: {
    summary:
      'ST15: attend, deliver with the acknowledgement, refuse with a reason, report a sale; ' +
      'read the audit data, or tell the buyer something',
    schema: instructionSchema,
  },
  configuration: {
    summary: 'What a machine is to run on: words, prices, waits; with a version',
    schema: configurationMessageSchema,
  },
  stored: {
    summary: 'Everything of this journal up to a number is in the database',
    schema: storedSchema,
  },
} satisfies Record<string, Message>

const up: Record<UpChannel, Channel> = {
  birth: { about: 'Sent on every connection, before anything else.', messages: ['birth'] },
  offer: {
    about: 'Sent again with the same number until it is stored or no longer open.',
    messages: ['offer', 'gone'],
  },
  code: {
    about: 'What was typed at the machine while its offer is open. Sent again until it is stored.',
    messages: ['code', 'gone'],
  },
  withdrawal: { about: 'Sent again until it is stored.', messages: ['withdrawal', 'gone'] },
  outcome: { about: 'Sent again until it is stored.', messages: ['outcome', 'gone'] },
  stored: { about: 'One answer to each instruction, repeats included.', messages: ['instructionAnswer'] },
  telemetry: { about: 'Has its own counter, may be thinned, never carries money.', messages: ['telemetry'] },
  audit: {
    about:
      'Numbered like the words of a sale, sent again until it is stored; carries no money. The pieces of ' +
      'the text come first.',
    messages: ['auditText', 'audit'],
  },
  configuration: {
    about: 'One answer to each configuration, repeats included.',
    messages: ['configurationAnswer'],
  },
}

const down: Record<DownChannel, Channel> = {
  admission: {
    about: 'Answers a birth. Without `accepted` nothing is offered by phone.',
    messages: ['admission'],
  },
  instruction: {
    about: 'Sent again with the same id until it is answered on `up/stored`. Never retained.',
    messages: ['instruction'],
  },
  stored: {
    about:
      'Sent after the commit. A PUBACK of the broker proves nothing. A machine whose journal is another ' +
      'than it names says its birth again.',
    messages: ['stored'],
  },
  configuration: {
    about:
      'Sent again until it is answered, and after a birth that names another version or hash than is ' +
      'wanted. Taken between two sales.',
    messages: ['configuration'],
  },
}

const state: Record<'presence', Channel> = {
  presence: {
    about: 'The only retained topic; the last will says `lost` with the boot number of its connection.',
    messages: ['presence'],
  },
}

/** What the signed tokens and the exact texts hold once they are opened. */
const contents = {
  offerText: offerSchema,
  configurationText: machineConfigurationSchema,
  slipToken: slipSchema,
  acknowledgementToken: acknowledgementSchema,
  withdrawalToken: withdrawalSchema,
  outcomeToken: outcomeSchema,
}

export function asyncapiDocument(): object {
  const groups = [
    ...Object.entries(up).map(([name, channel]) => described('up', name, channel, 'send')),
    ...Object.entries(down).map(([name, channel]) => described('down', name, channel, 'receive')),
    ...Object.entries(state).map(([name, channel]) => described('state', name, channel, 'send')),
  ]
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Concilia: automaton to relation server (link 7)',
      version: '1.0.0',
      description:
        'MQTT 3.1.1, QoS 1 both ways, JSON in UTF-8. Signed parts are compact JWS (EdDSA over Ed25519); ' +
        'their contents are among the schemas. Told from the side of the automaton.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(groups.map(({ key, channel }) => [key, channel])),
    operations: Object.fromEntries(groups.flatMap(({ operation }) => operation)),
    components: {
      messages: Object.fromEntries(
        Object.entries(messages).map(([name, { summary, schema }]) => [
          name,
          { name, summary, payload: jsonSchema(schema) },
        ]),
      ),
      schemas: Object.fromEntries(
        Object.entries(contents).map(([name, schema]) => [name, jsonSchema(schema)]),
      ),
    },
  }
}

function described(way: string, name: string, { about, messages }: Channel, action: 'send' | 'receive') {
  const key = `${way}-${name}`
  const channel = {
    address: `concilia/1/{partition}/{automaton}/${way}/${name}`,
    description: about,
    parameters: {
      partition: {
        description: `SHA-256 of the id, its first two bytes modulo ${partitions}, in decimal.`,
      },
      automaton: { description: `The automaton's id: ${jsonSchema(automatonIdSchema).pattern}` },
    },
    messages: Object.fromEntries(
      messages.map((message) => [message, { $ref: `#/components/messages/${message}` }]),
    ),
  }
  const bindings = { mqtt: { qos: 1, retain: way === 'state', bindingVersion: '0.2.0' } }
  const operation = {
    action,
    channel: { $ref: `#/channels/${key}` },
    messages: messages.map((message) => ({ $ref: `#/channels/${key}/messages/${message}` })),
    bindings,
  }
  return { key, channel, operation: [[`${action}-${key}`, operation] as const] }
}

/** The wire's form: what is read, before any of our own refinements. */
function jsonSchema(schema: z.ZodType) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' })
  return rest
}

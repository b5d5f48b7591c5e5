// The OpenAPI document is valid, complete, and describes what is served.
import { type Document, OpenAPIBackend } from 'openapi-backend'
import { expect, test } from 'vitest'
import { openApiDocument } from './openapi.ts'
import { operations } from './operations.ts'

test('is a valid document that knows every operation with all its errors', async () => {
  const document = openApiDocument('1.0.0')
  const api = new OpenAPIBackend({
    definition: JSON.parse(JSON.stringify(document)) as Document,
    strict: true,
    ajvOpts: { strict: false, logger: false },
  })
  await api.init()
  for (const { operationId, method, path, errors } of operations) {
    const described = api.getOperation(operationId)
    expect(described).toMatchObject({ method: method.toLowerCase(), path: path.replace(/:(\w+)/g, '{$1}') })
    const words = JSON.stringify(described?.responses)
    for (const code of errors) expect(words).toContain(code)
  }
  expect(JSON.stringify(document)).toContain('"priceSlip"')
})

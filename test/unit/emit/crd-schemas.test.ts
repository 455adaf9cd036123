import { expect, test } from 'vitest'
import { builtInSchema, crdSchemas } from '../../../scripts/emit/crd-schemas.ts'

const crd = (kind: string, openAPIV3Schema: object) => ({
  kind: 'CustomResourceDefinition',
  spec: {
    group: 'example.org',
    names: { kind },
    versions: [
      { name: 'v1beta1', schema: { openAPIV3Schema: {} } },
      { name: 'v1', schema: { openAPIV3Schema } },
    ],
  },
})

const text = { type: 'string', description: 'x', default: 'y' }

test('a kind becomes a closed schema where kubeconform looks for it, without descriptions', () => {
  const [file, ...others] = crdSchemas(
    [
      crd('Cake', { type: 'object', properties: { spec: { type: 'object', properties: { size: text } } } }),
      crd('Pie', {}),
    ],
    ['Cake'],
  )
  expect(others).toEqual([])
  expect(file?.path).toBe('schema/example.org/cake_v1.json')
  expect(JSON.parse(file?.content ?? '')).toEqual({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { size: { type: 'string' } }, additionalProperties: false },
    },
    additionalProperties: false,
  })
})

test('what an API server keeps open stays open', () => {
  const open = { type: 'object', properties: {}, 'x-kubernetes-preserve-unknown-fields': true }
  const map = { type: 'object', additionalProperties: text }
  const list = { type: 'array', items: { type: 'object', properties: { name: text } } }
  const [file] = crdSchemas([crd('Cake', { type: 'object', properties: { open, map, list } })], ['Cake'])
  expect(JSON.parse(file?.content ?? '').properties).toEqual({
    open: { type: 'object', properties: {} },
    map: { type: 'object', additionalProperties: { type: 'string' } },
    list: {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' } }, additionalProperties: false },
    },
  })
})

test('of the providers of a store only Scaleway is kept', () => {
  const provider = { type: 'object', properties: { aws: text, scaleway: text } }
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: { provider } } } }
  const [file] = crdSchemas([crd('SecretStore', schema)], ['SecretStore'])
  expect(JSON.parse(file?.content ?? '').properties.spec.properties.provider.properties).toEqual({
    scaleway: { type: 'string' },
  })
})

test('a built-in kind has its references written out', () => {
  const definitions = {
    'io.k8s.api.core.v1.Namespace': { type: 'object', properties: { metadata: { $ref: '#/definitions/meta' } } },
    meta: { type: 'object', properties: { name: text } },
  }
  const { path, content } = builtInSchema({ definitions }, 'io.k8s.api.core.v1.Namespace')
  expect(path).toBe('schema/v1/namespace_v1.json')
  expect(JSON.parse(content).properties.metadata).toEqual({
    type: 'object',
    properties: { name: { type: 'string' } },
    additionalProperties: false,
  })
})

import { expect, test } from 'vitest'
import { builtInSchema, crdSchemas, operatorChartSchema } from '../../../scripts/generate/crd-schemas.ts'

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

/** A kind of the group of these definitions. */
const cut = (kind: string, version = 'v1') => [{ apiVersion: `example.org/${version}`, kind }]

const text = { type: 'string', description: 'x', default: 'y' }

test('a kind becomes a closed schema where kubeconform looks for it, without descriptions', () => {
  const [file, ...others] = crdSchemas(
    [
      crd('Cake', { type: 'object', properties: { spec: { type: 'object', properties: { size: text } } } }),
      crd('Pie', {}),
    ],
    cut('Cake'),
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

test('of a kind whose stable version is another, that version is cut', () => {
  const paths = (version: string) => crdSchemas([crd('Cake', {})], cut('Cake', version)).map(({ path }) => path)
  expect(paths('v1beta1')).toEqual(['schema/example.org/cake_v1beta1.json'])
  expect(paths('v1alpha1')).toEqual([])
})

test('what an API server keeps open stays open', () => {
  const open = { type: 'object', properties: {}, 'x-kubernetes-preserve-unknown-fields': true }
  const map = { type: 'object', additionalProperties: text }
  const list = { type: 'array', items: { type: 'object', properties: { name: text } } }
  const [file] = crdSchemas([crd('Cake', { type: 'object', properties: { open, map, list } })], cut('Cake'))
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
  const [file] = crdSchemas([crd('SecretStore', schema)], cut('SecretStore'))
  expect(JSON.parse(file?.content ?? '').properties.spec.properties.provider.properties).toEqual({
    scaleway: { type: 'string' },
  })
})

test('a built-in kind has its references written out', () => {
  const definitions = {
    'io.k8s.api.core.v1.Namespace': { type: 'object', properties: { metadata: { $ref: '#/definitions/meta' } } },
    meta: { type: 'object', properties: { name: text } },
  }
  const { path, content } = builtInSchema({ definitions }, { apiVersion: 'v1', kind: 'Namespace' })
  expect(path).toBe('schema/v1/namespace_v1.json')
  expect(JSON.parse(content).properties.metadata).toEqual({
    type: 'object',
    properties: { name: { type: 'string' } },
    additionalProperties: false,
  })
})

test("the schema of the operator's own chart refuses a key it does not list, which that chart would take", () => {
  const $schema = 'https://json-schema.org/draft/2020-12/schema'
  const webhook = { type: 'object', properties: { create: { type: 'boolean' } } }
  const schema = { $schema, type: 'object', properties: { webhook, extraArgs: { type: 'object' } } }
  const { path, content } = operatorChartSchema(schema)
  expect(path).toBe('schema/external-secrets.io/operator-chart-values.json')
  expect(JSON.parse(content)).toEqual({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { webhook: { ...webhook, additionalProperties: false }, extraArgs: { type: 'object' } },
    additionalProperties: false,
  })
})

test('what a built-in kind takes as either a number or a text may be either', () => {
  const definitions = {
    'io.k8s.util.IntOrString': { type: 'string', format: 'int-or-string' },
    'io.k8s.api.example.v1.Cake': {
      properties: { port: { $ref: '#/definitions/io.k8s.util.IntOrString' } },
    },
  }
  const { content } = builtInSchema({ definitions }, { apiVersion: 'example.k8s.io/v1', kind: 'Cake' })
  expect(JSON.parse(content).properties).toEqual({ port: { type: ['integer', 'string'] } })
})

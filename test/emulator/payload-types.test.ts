import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonCases } from '../fixtures/json-cases.ts'
import { base64, type Clients, startWorld, type World } from './clients.ts'

let world: World
let owner: Clients

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 1000 } })
  owner = world.owner
})
afterAll(() => world[Symbol.asyncDispose]())

let count = 0
async function put(type: string, payload: string | Uint8Array): Promise<string> {
  count++
  const secret = await owner.secrets.createSecret({ name: `s${count}`, type: type as 'opaque', protected: false })
  try {
    await owner.secrets.createSecretVersion({ secretId: secret.id, data: base64(payload) })
    return 'taken'
  } catch (error) {
    const { body } = error as { body: { details: { help_message: string }[] } }
    return body.details.map((detail) => detail.help_message).join('')
  }
}

const database = { engine: 'postgres', username: 'u', password: 'p', host: 'h', dbname: 'd', port: '5432' }
const block = (label: string) => `-----BEGIN ${label}-----\nTWFu\nTWFu==\n-----END ${label}-----\n`

describe('what a secret of each type takes', () => {
  test.each<[string, string | Uint8Array]>([
    ['opaque', 'anything'],
    ['opaque', new Uint8Array([0, 255, 254])],
    ['key_value', '{}'],
    ['key_value', '{"a":"1","é":"multi\\nline"}'],
    ['basic_credentials', '{"username":"u","password":"p"}'],
    ['database_credentials', JSON.stringify(database)],
    ['ssh_key', '{"ssh_private_key":"k"}'],
    ['certificate', block('CERTIFICATE')],
    ['certificate', `${block('CERTIFICATE')}\n${block('PRIVATE KEY')}`],
    ['certificate', block('CERTIFICATE').replaceAll('\n', '\r\n')],
  ])('%s takes %j', async (type, payload) => {
    expect(await put(type, payload)).toBe('taken')
  })

  test.each([
    ['key_value', '[]', '- (root): Invalid type. Expected: object, given: array\n'],
    ['key_value', 'null', '- (root): Invalid type. Expected: object, given: null\n'],
    ['key_value', 'hunter2', '- (root): Invalid JSON\n'],
    ['key_value', '{"a":{"b":"c"}}', '- a: Invalid type. Expected: string, given: object\n'],
    [
      'key_value',
      '{"a":1,"b":true,"c":1.5}',
      '- a: Invalid type. Expected: string, given: integer\n- b: Invalid type. Expected: string, given: boolean\n' +
        '- c: Invalid type. Expected: string, given: number\n',
    ],
    ['basic_credentials', '{"username":"u"}', '- (root): password is required\n'],
    [
      'basic_credentials',
      '{"username":"u","password":"p","x":"y"}',
      '- (root): Additional property x is not allowed\n',
    ],
    ['ssh_key', '{"ssh_private_key":1}', '- ssh_private_key: Invalid type. Expected: string, given: integer\n'],
    [
      'database_credentials',
      JSON.stringify({ ...database, engine: 'oracle' }),
      '- engine: must be one of the following: postgres, mysql, other\n',
    ],
    [
      'database_credentials',
      JSON.stringify({ ...database, port: '65536' }),
      '- port: must be an integer from 0 to 65535\n',
    ],
    [
      'database_credentials',
      JSON.stringify({ ...database, port: 5432 }),
      '- port: Invalid type. Expected: string, given: integer\n',
    ],
    ['certificate', 'hunter2', '- (root): expected PEM blocks\n'],
    ['certificate', `${block('CERTIFICATE')}rest`, '- (root): expected PEM blocks\n'],
    ['certificate', '-----BEGIN A-----\nTWFu\n-----END B-----\n', '- (root): expected PEM blocks\n'],
    ['certificate', '-----BEGIN A-----\nTWFu\n', '- (root): expected PEM blocks\n'],
  ])('%s refuses %j', async (type, payload, help) => {
    expect(await put(type, payload)).toBe(help)
  })

  test.each(jsonCases)('$title: as key_value it is taken where it is an object of texts', async (json) => {
    expect((await put('key_value', json.text)) === 'taken').toBe(json.isKeyValue)
  })

  test.each(jsonCases)('$title: what is opaque comes back to the byte', async ({ text }) => {
    expect(await put('opaque', text)).toBe('taken')
    const [secret] = (await owner.secrets.listSecrets({ name: `s${count}`, scheduledForDeletion: false })).secrets
    const { data } = await owner.secrets.accessSecretVersion({ secretId: secret?.id ?? '', revision: 'latest' })
    expect(Buffer.from(data, 'base64')).toEqual(Buffer.from(text))
  })

  test('bytes that are not UTF-8 are not JSON', async () => {
    expect(await put('key_value', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toBe('- (root): Invalid JSON\n')
  })
})

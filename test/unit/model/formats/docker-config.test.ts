import { expect, test } from 'vitest'
import { checkDockerConfig, dockerConfig } from '../../../../scripts/model/formats/docker-config.ts'

const auth = (text: string) => Buffer.from(text).toString('base64')
const of = (...entries: unknown[]) =>
  JSON.stringify({ auths: Object.fromEntries(entries.map((entry, index) => [`r${index}.example`, entry])) })

test.each([
  ['as docker login writes it', of({ auth: auth('user:pass') })],
  ['without the padding of its base64', of({ auth: auth('user:pass').replaceAll('=', '') })],
  [
    'as kubectl create secret docker-registry writes it',
    of({ username: 'u', password: 'p', email: '', auth: auth('u:p') }),
  ],
  ['with user and password alone', of({ username: 'u', password: 'p' })],
  ['with a colon in the password', of({ auth: auth('user:a:b') })],
  ['for several registries', of({ auth: auth('a:b') }, { auth: auth('c:d') })],
  ['over several lines', JSON.stringify(JSON.parse(dockerConfig('r.example', 'u', 'p')), null, 2)],
])('credentials of a registry fit %s', (_, value) => {
  expect(checkDockerConfig(value)).toBeUndefined()
})

test.each([
  ['', 'is not a JSON object'],
  ['user:pass', 'is not a JSON object'],
  [auth(of({ auth: auth('user:pass') })), 'is not a JSON object'],
  ['[]', 'is not a JSON object'],
  ['{}', 'has no object "auths"'],
  [JSON.stringify({ 'r.example': { auth: auth('user:pass') } }), 'has no object "auths"'],
  ['{"auths":{}}', 'has no registry in "auths"'],
  [of('user:pass'), 'has no object for its registry'],
  [of({}), 'has neither "auth" nor "username" and "password" for its registry'],
  [of({ username: 'u' }), 'has neither "auth" nor "username" and "password" for its registry'],
  [of({ identitytoken: 't' }), 'has neither "auth" nor "username" and "password" for its registry'],
  [of({ auth: 'user:pass' }), 'has an "auth" that is not the base64 of user:password for its registry'],
  [of({ auth: auth('user') }), 'has an "auth" that is not the base64 of user:password for its registry'],
  [
    of({ auth: auth('user:pass') }, { auth: auth('user:') }),
    'has an "auth" that is not the base64 of user:password for registry 2 of 2',
  ],
  [
    '{"auths":{"r.example":{}},"credsStore":"desktop"}',
    'leaves its credentials to a program of this machine for its registry',
  ],
])('%s are not credentials of a registry', (value, fact) => {
  expect(checkDockerConfig(value)).toBe(fact)
})

import { expect, test } from 'vitest'
import { isFinalRefusal, recognise } from '../../../../scripts/inspect/doctor/operator-words.ts'

const prefix = 'error processing spec.data[1] (key: path:/shop-api/token), err: '

/** What operator 0.20.1 and 0.20.4 were seen to say, or have in their source. */
test.each([
  [`${prefix}Secret does not exist`, 'remote', undefined],
  [`${prefix}scaleway-sdk-go: resource secret with ID 7f3a is locked`, 'remote', 'REMOTE_LOCKED'],
  ['scaleway-sdk-go: secret key cannot be empty', 'credentials', 'CREDENTIALS_MALFORMED'],
  [`${prefix}SecretStore "api-secretstore" is not ready`, 'store', 'STORE_REFUSED'],
  [`${prefix}could not get SecretStore "a", SecretStore.external-secrets.io "a" not found`, 'store', 'NOT_DEPLOYED'],
  [
    `${prefix}cannot get Kubernetes secret "a" from namespace "b": secrets "a" not found`,
    'credentials',
    'CREDENTIALS_ABSENT',
  ],
  ['cannot find secret data for key: "access-key"', 'credentials', 'CREDENTIALS_NAMES'],
  ["scaleway-sdk-go: invalid secret key format '…', expected a UUID", 'credentials', 'CREDENTIALS_MALFORMED'],
  [
    "scaleway-sdk-go: invalid access key format '…', expected SCWXXXXXXXXXXXXXXXXX format",
    'credentials',
    'CREDENTIALS_MALFORMED',
  ],
  ["scaleway-sdk-go: invalid API url 'http://a/' it should not have a trailing slash", 'store', 'STORE_REFUSED'],
  [`${prefix}scaleway-sdk-go: invalid argument(s): region does not respect constraint`, 'store', 'STORE_REGION'],
  [`${prefix}scaleway-sdk-go: denied authentication: API key is expired`, 'key', 'KEY_EXPIRED'],
  [`${prefix}scaleway-sdk-go: denied authentication: API key does not exist`, 'key', 'KEY_UNKNOWN'],
  [`${prefix}scaleway-sdk-go: insufficient permissions: list secret`, 'key', 'LISTING_REFUSED'],
  [`${prefix}scaleway-sdk-go: insufficient permissions: list secret_version`, 'key', 'READING_REFUSED'],
  [`${prefix}scaleway-sdk-go: insufficient permissions: access secret_version`, 'key', 'READING_REFUSED'],
  [`${prefix}scaleway-sdk-go: http error 429 Too Many Requests: too many requests`, 'scaleway', 'SCALEWAY_BUSY'],
  [
    `(combined from similar events): ${prefix}scaleway-sdk-go: http error 500 Internal Server Error: x`,
    'scaleway',
    'SCALEWAY_BROKEN',
  ],
  [
    `${prefix}scaleway-sdk-go: error executing request: Get "http://a": dial tcp: connect: connection refused`,
    'scaleway',
    'SCALEWAY_UNREACHABLE',
  ],
  ['unable to mutate secret a: … at <.b_s3__KEY>: map has no entry for key "b_s3__KEY"', 'value', 'BUNDLE_KEY_MISSING'],
  [`${prefix}failed to unmarshal secret: invalid JSON format`, 'value', 'VALUE_NOT_JSON'],
  [`${prefix}invalid character '…' looking for beginning of value`, 'value', 'VALUE_NOT_JSON'],
  [
    `${prefix}json: cannot unmarshal number into Go value of type map[string]json.RawMessage`,
    'value',
    'VALUE_NOT_JSON',
  ],
  [`${prefix}unexpected end of JSON input`, 'value', 'VALUE_NOT_JSON'],
  [
    `${prefix}invalid secret keys (TIP: use rewrite or conversionStrategy to change keys): key has invalid character  , only alphanumeric, '-', '.' and '_' are allowed: b_s3__a b`,
    'value',
    'VALUE_NAME_UNFIT',
  ],
  ['unable to mutate secret a: secret is owned by another ExternalSecret: b', 'target', 'TARGET_OF_OTHER'],
  [
    'unable to mutate secret a: could not set controller reference on secret: Object a/a is already owned by another ConfigMap controller b',
    'target',
    'TARGET_CONTROLLED',
  ],
  ['unable to update secret a: secret is immutable', 'target', 'TARGET_IMMUTABLE'],
  [
    'unable to create secret a: secrets "a" is forbidden: exceeded quota: tier-quota, requested: secrets=1',
    'quota',
    'QUOTA_FULL',
  ],
  [
    "secrets \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
    'admission',
    'ADMISSION_REFUSES',
  ],
  ['admission webhook "validate.kyverno.svc" denied the request: no', 'admission', 'ADMISSION_REFUSES'],
])('the operator is understood: %s', (message, subject, code) => {
  expect(recognise(message)).toEqual({ subject, code })
})

test('other words are not guessed at', () => expect(recognise('something new')).toBeUndefined())

test.each([
  [`${prefix}Secret does not exist`, true],
  [`${prefix}scaleway-sdk-go: insufficient permissions: list secret`, true],
  [`${prefix}scaleway-sdk-go: denied authentication: API key is expired`, true],
  ["scaleway-sdk-go: invalid secret key format '…', expected a UUID", true],
  [`${prefix}failed to unmarshal secret: invalid JSON format`, true],
  ['unable to mutate secret a: secret is owned by another ExternalSecret: b', true],
  [`${prefix}scaleway-sdk-go: http error 429 Too Many Requests: too many requests`, false],
  [`${prefix}scaleway-sdk-go: http error 500 Internal Server Error: x`, false],
  [`${prefix}scaleway-sdk-go: error executing request: Get "http://a": dial tcp: connection refused`, false],
  [`${prefix}SecretStore "api-secretstore" is not ready`, false],
  [`${prefix}cannot get Kubernetes secret "a" from namespace "b": secrets "a" not found`, false],
  ['secrets "a" is forbidden: exceeded quota: tier-quota', false],
  ['admission webhook "x" denied the request: no', false],
  ['something else', false],
])('"%s" is final: %s', (message, isFinal) => {
  expect(isFinalRefusal({ message })).toBe(isFinal)
})

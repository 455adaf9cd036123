import { describe, expect, test } from 'vitest'
import { audited, deployment, findingsOf } from '../audited.ts'

const settings = (name: string, value: string) => `---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop-api }
data: { ${name}: ${JSON.stringify(value)} }
`
const catalogue = {
  secrets: [{ variable: 'MAIL_KEY' }],
  tiers: { web: { description: 'Pages', workloads: {} }, api: { description: 'Orders', workloads: {} } },
}
const found = (text: string) => audited(text, { catalogue })

describe('a ConfigMap', () => {
  test.each([
    ['DB', 'postgres://shop:k3Wq9zLm@db:5432/shop', 'error'],
    ['CERT', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', 'error'],
    ['ANY', `ghp_${'a1B2'.repeat(10)}`, 'error'],
    ['HEADER', 'Bearer aGVsbG8tdGhlcmUtYWxsLW9mLXlvdQ==', 'error'],
    ['SMTP_PASSWORD', 'k3Wq9zLmTT', 'warning'],
    ['apiKey', 'k3Wq9zLmTT', 'warning'],
    ['MAIL_KEY', 'k3Wq9zLmTT', 'error'],
  ])('%s is a secret, and its text is not repeated', (name, value, severity) => {
    const all = findingsOf(settings(name, value), { catalogue })
    expect(all).toMatchObject([{ code: 'SECRET_LITERAL', severity, key: `data.${name}` }])
    expect(JSON.stringify(all)).not.toMatch(/k3Wq|MIIE|a1B2|aGVs/)
  })

  test.each([
    ['SMTP_PASSWORD', 'changeme'],
    ['DB', 'postgres://USER:PASSWORD@HOST:5432/shop'],
    ['API_TOKEN', '<your-token>'],
  ])('%s with %s is a placeholder', (name, value) => {
    expect(found(settings(name, value))).toEqual([`PLACEHOLDER_LITERAL ConfigMap/shop-api/settings data.${name}`])
  })

  test.each([
    ['PASSWORD_MIN_LENGTH', '12'],
    ['RESET_PASSWORD_URL', 'https://shop.example.org/reset'],
    ['TOKEN_EXPIRATION', '15 minutes'],
    ['USE_TOKEN', 'true'],
    ['JWT_SECRET', '$(MAIL_KEY)'],
    ['DB', 'postgres://$(USER):$(PASSWORD)@db/shop'],
    ['API_TOKEN', '/run/secrets/token'],
    ['SESSION_SECRET', '3600s'],
    ['PUBLIC_KEY', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'],
    ['HOMEPAGE', 'https://shop.example.org/?a=b:c@d'],
    ['SECRET_NAME', 'api-secrets'],
    ['VAT_TOKEN', 'short'],
  ])('%s with %s is not a secret', (name, value) => {
    expect(found(settings(name, value))).toEqual([])
  })
})

describe('a file in a ConfigMap', () => {
  const file = (...lines: string[]) =>
    found(
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: f, namespace: shop-api }\ndata:\n  app.conf: |\n${lines.map((line) => `    ${line}\n`).join('')}`,
    )
  const at = (name: string) => [`SECRET_LITERAL ConfigMap/shop-api/f data.app.conf${name}`]

  test('has a secret in a line of its own, by its form or its name', () => {
    expect(file('server {', 'proxy_pass http://admin:k3Wq9zLmTTx@10.0.0.1:80;', '}')).toEqual(at(' proxy_pass'))
    expect(file('a: 1', 'api_token: ghp_abcdefghijklmnopqrstuvwxyz0123456789')).toEqual(at(' api_token'))
    expect(file('"password": "k3Wq9zLmTTx7",', 'x = y')).toEqual(at(' password'))
    expect(file('cert:', '-----BEGIN RSA PRIVATE KEY-----', 'MIIE', '-----END RSA PRIVATE KEY-----')).toEqual(at(''))
  })

  test('that reads them from elsewhere, or only speaks of them, is right', () => {
    expect(
      file(
        `password: \${DB_PASSWORD}`,
        'secret_key_file: /run/secrets/key-2024-01',
        'set $token $cookie_token1;',
        'proxy_pass http://127.0.0.1:8000;',
        'password_policy: { min_length: 12 }',
        'url: postgres://app:$(PASSWORD)@db/app',
        'tokenizer: standard_tokenizer_v2',
        '# password: choose one of 12 letters',
      ),
    ).toEqual([])
  })
})

describe('a pod template', () => {
  test('a literal, and one that the catalogue has', () => {
    expect(findingsOf(deployment('api', 'env: [{ name: API_TOKEN, value: k3Wq9zLmTT }]'), { catalogue })).toMatchObject(
      [{ code: 'SECRET_LITERAL', severity: 'warning', key: 'main env API_TOKEN' }],
    )
    expect(found(deployment('api', 'env: [{ name: LOG_LEVEL, value: informational }]'))).toEqual([])
  })

  test('arguments, with the option before or within', () => {
    const args = (...texts: string[]) => found(deployment('api', `args: ${JSON.stringify(texts)}`))
    const one = (index: number) => [`SECRET_LITERAL Deployment/shop-api/api main args[${index}]`]
    expect(args('--password=k3Wq9zLmTT')).toEqual(one(0))
    expect(args('--api-key', 'k3Wq9zLmTT')).toEqual(one(1))
    expect(args('--db', 'redis://:k3Wq9zLmTT@cache:6379')).toEqual(one(1))
    expect(args('--api-key', '$(cat key)', '--token-file=/run/token', '--password-stdin', 'start')).toEqual([])
  })
})

describe('a Secret', () => {
  const secret = (fields: string) => `---
apiVersion: v1
kind: Secret
metadata: { name: mail, namespace: shop-api }
${fields}
`
  test('values, placeholders, nothing, and what another tool decrypts', () => {
    expect(found(secret('stringData: { A: k3Wq9zLmTT }'))).toEqual(['SECRET_IN_MANIFEST Secret/shop-api/mail A'])
    expect(found(secret('data: { PASSWORD: Y2hhbmdlbWU= }'))).toEqual([
      'PLACEHOLDER_LITERAL Secret/shop-api/mail PASSWORD',
    ])
    expect(found(secret('data: {}'))).toEqual([])
    expect(found(secret('stringData: { A: "ENC[AES256_GCM,data:abc]" }'))).toEqual([])
    expect(found(secret('type: kubernetes.io/service-account-token'))).toEqual([])
  })
})

import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { operatorProxy, operatorProxyText } from '../../../scripts/generate/operator-proxy.ts'
import { operatorValuesText, tierOperatorValuesText } from '../../../scripts/generate/operator-values.ts'
import { resolveAll } from '../../../scripts/model/resolve.ts'
import { trackdechets } from '../../fixtures/applications.ts'

const models = resolveAll(trackdechets)

/** The operator's values where these variables are set. */
function valuesIn(env: Record<string, string>) {
  const proxy = operatorProxy(env)
  const known = typeof proxy === 'object' ? proxy : undefined
  const [tier] = models[0]?.tiers ?? []
  if (!tier) throw new Error('there is no tier')
  return [operatorValuesText(models, '1.2.3', known), tierOperatorValuesText(models, tier, '1.2.3', known)]
}

const openPorts = (text: string) => [...text.matchAll(/protocol: TCP, port: (\d+)/g)].map(([, port]) => Number(port))

test('an operator reaches Scaleway through the proxy of the environment, and the API server directly', () => {
  for (const text of valuesIn({ HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '10.0.0.0/8, .example' })) {
    expect(parse(text).extraEnv).toEqual([
      { name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' },
      { name: 'NO_PROXY', value: '$(KUBERNETES_SERVICE_HOST),.svc,10.0.0.0/8,.example' },
    ])
    expect(openPorts(text)).toEqual([53, 443, 6443, 3128])
    const proxied = text.slice(text.indexOf('extraEnv:'), text.indexOf('livenessProbe:'))
    expect(proxied.split('\n').filter((line) => line.length > 120)).toEqual([])
  }
})

test('its user name and password come from a Secret, and are in no values', () => {
  for (const text of valuesIn({ https_proxy: 'http://me:s3cret-pass@proxy.example:443' })) {
    expect(parse(text).extraEnv[0]).toEqual({
      name: 'HTTPS_PROXY',
      valueFrom: { secretKeyRef: { name: 'external-secrets-proxy', key: 'HTTPS_PROXY' } },
    })
    expect(text).not.toMatch(/s3cret-pass|\/\/me:/)
    expect(openPorts(text)).toEqual([53, 443, 6443])
  }
})

test('without a proxy for Scaleway there is nothing about one', () => {
  const without = valuesIn({})
  for (const env of [
    { HTTP_PROXY: 'http://proxy.example:3128' },
    { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '.scaleway.com' },
    { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '*' },
  ])
    expect(valuesIn(env)).toEqual(without)
  expect(operatorProxyText(undefined)).toEqual([])
})

test('a proxy of this machine is not for a pod', () => {
  expect(operatorProxy({ HTTPS_PROXY: 'http://localhost:3128' })).toBe('this-machine')
  expect(operatorProxy({ HTTPS_PROXY: 'socks5://[::1]' })).toBe('this-machine')
})

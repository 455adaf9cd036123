import { describe, expect, test } from 'vitest'
import { environmentProxies } from '../../../scripts/lib/proxies.ts'
import { loadAccount } from '../../../scripts/scaleway/account.ts'
import { scalewayRequest } from '../../../scripts/scaleway/http.ts'
import { type IssuedCertificate, selfSigned, testAuthority } from '../../helpers/certificate-authority.ts'
import { type Answer, serverWith } from '../../helpers/http-server.ts'
import { problemOf } from '../../helpers/problems.ts'
import { httpProxy, tlsServer } from '../../helpers/proxy.ts'

const secretKey = '0b8cc93b-dfd2-4427-b674-8d27affb0334'
const read = { method: 'GET', path: '/things' } as const
const write = { method: 'POST', path: '/things', body: {} } as const
const apiUrl = 'https://api.scaleway.example'

/** A server behind a proxy, which asks it in the place of Scaleway. */
async function intercepted(certificate: IssuedCertificate) {
  const server = await tlsServer(certificate)
  const proxy = await httpProxy({ routes: { 'api.scaleway.example:443': server.port } })
  const proxyOf = environmentProxies({ HTTPS_PROXY: proxy.url.replace('//', '//me:s3cret-pass@') })
  const account = { apiUrl, secretKey, retryMs: 1, ...(proxyOf ? { proxyOf } : {}) }
  return { server, proxy, account }
}

describe('a certificate that is not trusted', () => {
  const hour = 3_600_000
  const names = ['api.scaleway.example']
  test.each<[string, IssuedCertificate, string]>([
    ['of a proxy that opens TLS', testAuthority('Proxy').issue({ names }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['that vouches for itself', selfSigned(names), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('%s is told after one attempt, with what Node needs to trust it', async (_, certificate, code) => {
    for (const request of [read, write]) {
      const { server, proxy, account } = await intercepted(certificate)
      const problem = await problemOf(scalewayRequest(account, request))
      expect(problem).toMatchObject({ code: 'SCALEWAY_UNREACHABLE', exitCode: 4 })
      expect(problem.message).toBe(
        `api.scaleway.example can't be reached through the proxy ${proxy.url} (HTTPS_PROXY): its certificate comes from an authority that is not known here (${code}). Expected a response.`,
      )
      expect(problem.fix).toContain('NODE_EXTRA_CA_CERTS')
      expect([proxy.requests.length, server.connections(), server.requests.length]).toEqual([1, 1, 0])
    }
  })

  test('from a time that is over is reported as that', async () => {
    const until = new Date(Date.now() - hour)
    const { account } = await intercepted(
      testAuthority().issue({ names, from: new Date(Date.now() - 2 * hour), until }),
    )
    // Which of both faults is told is up to OpenSSL.
    expect((await problemOf(scalewayRequest(account, read))).message).toMatch(/\((CERT_HAS_EXPIRED|UNABLE_TO_\w+)\)/)
  })
})

describe('a proxy', () => {
  test.each([
    [407, read, 1, 'asks for a user name and a password (407)'],
    [403, read, 1, 'answers 403 to CONNECT, so that it does not allow it'],
    [502, read, 5, "answers 502 to CONNECT, so that it can't connect to it"],
    [502, write, 1, "answers 502 to CONNECT, so that it can't connect to it"],
  ])(
    'that answers %s is told as such; a request is sent again only where that can help',
    async (status, request, count, fact) => {
      const proxy = await httpProxy({ status })
      const proxyOf = environmentProxies({ HTTPS_PROXY: proxy.url.replace('//', '//me:s3cret-pass@') })
      const account = { apiUrl, secretKey, retryMs: 1, ...(proxyOf ? { proxyOf } : {}) }
      const problem = await problemOf(scalewayRequest(account, request))
      expect(problem).toMatchObject({ code: 'SCALEWAY_UNREACHABLE', exitCode: 4 })
      expect(problem.message).toContain(`the proxy ${proxy.url} (HTTPS_PROXY) ${fact}`)
      expect(JSON.stringify(problem.all)).not.toMatch(/s3cret-pass|0b8cc93b/)
      expect(proxy.requests).toHaveLength(count)
      expect(JSON.stringify(proxy.headers)).not.toContain(secretKey)
    },
  )

  test.each<[string, Answer]>([
    ['with something other than TLS', { body: '<html>login</html>' }],
    ['and ends the connection', { status: 'reset' }],
  ])('that lets somebody else answer, %s, is named', async (_, answer) => {
    const { port } = new URL((await serverWith(answer)).url)
    const proxy = await httpProxy({ routes: { 'api.scaleway.example:443': Number(port) } })
    const proxyOf = environmentProxies({ HTTPS_PROXY: proxy.url })
    const account = { apiUrl, secretKey, attempts: 1, ...(proxyOf ? { proxyOf } : {}) }
    expect(await problemOf(scalewayRequest(account, read))).toMatchObject({
      message: expect.stringContaining(`can't be reached through the proxy ${proxy.url} (HTTPS_PROXY): E`),
      fix: expect.stringMatching(/^Check .* whether the proxy lets TLS .* NO_PROXY/),
    })
  })

  test('that never answers is given up in time', async () => {
    const proxy = await httpProxy({ isSilent: true })
    const proxyOf = environmentProxies({ HTTPS_PROXY: proxy.url })
    const account = { apiUrl, secretKey, timeoutMs: 50, retryMs: 1, ...(proxyOf ? { proxyOf } : {}) }
    const problem = await problemOf(scalewayRequest(account, write))
    expect(problem.message).toContain('does not answer within 0.05 seconds')
  })

  test('of the environment is the account’s', async () => {
    const env = { HOME: '/nowhere', SCW_SECRET_KEY: secretKey }
    const { proxyOf } = await loadAccount({ ...env, HTTPS_PROXY: 'http://proxy:3128' })
    expect(proxyOf?.(new URL(apiUrl))?.shown).toBe('http://proxy:3128')
    expect(await problemOf(loadAccount({ ...env, HTTPS_PROXY: 'ftp://me:s3cret@proxy' }))).toMatchObject({
      code: 'PROXY_INVALID',
      where: 'HTTPS_PROXY',
    })
  })
})

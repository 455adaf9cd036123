import { describe, expect, test } from 'vitest'
import { environmentProxies, kubeconfigProxy } from '../../../scripts/lib/proxies.ts'
import { problemOf } from '../../helpers/problems.ts'

type Env = Record<string, string>

const proxy = 'http://proxy.example:3128'
const chosen = (env: Env, target: string) => environmentProxies(env)?.(new URL(target))?.shown

describe('a proxy of the environment', () => {
  test.each<[Env, string, string | undefined]>([
    [{}, 'https://a.example', undefined],
    [{ HTTPS_PROXY: proxy }, 'https://a.example', proxy],
    [{ https_proxy: proxy }, 'https://a.example', proxy],
    [{ HTTPS_PROXY: '', https_proxy: proxy }, 'https://a.example', proxy],
    [{ HTTPS_PROXY: proxy, https_proxy: 'http://other:1' }, 'https://a.example', proxy],
    [{ HTTPS_PROXY: proxy }, 'http://a.example', undefined],
    [{ HTTP_PROXY: proxy }, 'https://a.example', undefined],
    [{ HTTP_PROXY: proxy }, 'http://a.example', proxy],
    [{ http_proxy: proxy }, 'http://a.example', proxy],
    [{ ALL_PROXY: proxy }, 'https://a.example', undefined],
    [{ HTTPS_PROXY: 'proxy.example:3128' }, 'https://a.example', proxy],
    [{ HTTPS_PROXY: ' http://proxy.example ' }, 'https://a.example', 'http://proxy.example:80'],
    [{ HTTPS_PROXY: 'https://proxy.example' }, 'https://a.example', 'https://proxy.example:443'],
    [{ HTTPS_PROXY: 'socks5://proxy.example' }, 'https://a.example', 'socks5://proxy.example:1080'],
    [{ HTTPS_PROXY: 'socks5h://[fd00::1]:9' }, 'https://a.example', 'socks5h://[fd00::1]:9'],
    [{ HTTPS_PROXY: 'http://me:s3cret%40x@proxy.example:3128' }, 'https://a.example', proxy],
  ])('of %o for %s is %s', (env, target, expected) => {
    expect(chosen(env, target)).toBe(expected)
  })

  test.each(['localhost', '127.0.0.1:8443', '127.9.9.9', '[::1]:6443', '[::ffff:127.0.0.1]'])(
    'is never used for %s',
    (host) => {
      expect(chosen({ HTTPS_PROXY: proxy, HTTP_PROXY: proxy }, `https://${host}`)).toBe(undefined)
    },
  )

  test.each([
    'user:p#ss@proxy:3128',
    'ftp://proxy.example',
    'http://proxy:notaport',
    'http://u:%zz@proxy:1',
    'http://',
  ])('that is %s is refused without repeating it, and only where it is needed', async (value) => {
    const proxyOf = environmentProxies({ HTTPS_PROXY: value })
    const problem = await problemOf((async () => proxyOf?.(new URL('https://a.example')))())
    expect(problem).toMatchObject({ code: 'PROXY_INVALID', where: 'HTTPS_PROXY', exitCode: 3 })
    expect(JSON.stringify(problem)).not.toContain(value.split('://').at(-1) || 'nothing')
    expect(proxyOf?.(new URL('https://localhost'))).toBe(undefined)
  })
})

describe('NO_PROXY', () => {
  test.each<[string, string, boolean]>([
    ['*', 'https://a.example', true],
    ['a.example', 'https://a.example', true],
    ['A.Example', 'https://a.example', true],
    ['example', 'https://a.example', true],
    ['ample', 'https://a.example', false],
    ['.example', 'https://a.example', true],
    ['.a.example', 'https://a.example', false],
    ['*.a.example', 'https://b.a.example', true],
    ['*.a.example', 'https://a.example', false],
    ['a.example:443', 'https://a.example', true],
    ['a.example:8443', 'https://a.example', false],
    ['a.example:8443', 'https://a.example:8443', true],
    ['x, a.example ,y', 'https://a.example', true],
    ['x a.example', 'https://a.example', false],
    ['10.0.0.0/8', 'https://10.1.2.3:6443', true],
    ['10.0.0.0/8', 'https://11.1.2.3:6443', false],
    ['10.1.2.3/8', 'https://10.9.9.9', true],
    ['10.0.0.0/8', 'https://10.example', false],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['10.1.2.3:6443', 'https://10.1.2.3:6443', true],
    ['10.1.2.3:6443', 'https://10.1.2.3', false],
    ['10.1.2', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd12::1]:6443', true],
    ['fd12::1', 'https://[fd12:0::1]:6443', true],
    ['[fd12::1]:6443', 'https://[fd12::1]:6443', true],
    ['[fd12::1]:6443', 'https://[fd12::1]', false],
    ['bücher.example', 'https://bücher.example', true],
    ['', 'https://a.example', false],
    [',', 'https://a.example', false],
  ])('%s leaves out %s: %s', (exceptions, target, isLeftOut) => {
    expect(chosen({ HTTPS_PROXY: proxy, NO_PROXY: exceptions }, target) === undefined).toBe(isLeftOut)
    expect(chosen({ HTTPS_PROXY: proxy, no_proxy: exceptions }, target) === undefined).toBe(isLeftOut)
  })
})

test('the proxy of a kubeconfig is used for every address, and is http, https or socks5', async () => {
  expect(kubeconfigProxy(proxy, 'here')(new URL('https://localhost'))?.shown).toBe(proxy)
  const read = async (text: string) => kubeconfigProxy(text, 'here')
  for (const text of ['socks5h://proxy:1', 'socks4://proxy:1', 'ssh://proxy'])
    expect(await problemOf(read(text))).toMatchObject({ code: 'PROXY_INVALID', where: 'here' })
})

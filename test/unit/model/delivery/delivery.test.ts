import { expect, test } from 'vitest'
import { deliveryOf, repositoryUrl } from '../../../../scripts/model/delivery/delivery.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { byArgoCd } from '../../../fixtures/delivered.ts'
import { kiosk } from '../../../fixtures/kiosk.ts'

const repository = 'git@git.example.test:acme/shop.git'

test('each engine has its defaults', () => {
  expect(deliveryOf({ delivery: { engine: 'argocd', repository } })).toEqual({
    engine: 'argocd',
    repository,
    revision: 'main',
    path: '',
    namespace: 'argocd',
    destination: 'https://kubernetes.default.svc',
    sync: 'automatic',
    applicationSet: false,
  })
  expect(deliveryOf({ delivery: { engine: 'flux', repository } })).toEqual({
    engine: 'flux',
    repository,
    revision: 'main',
    path: '',
    namespace: 'flux-system',
    credentials: undefined,
  })
  expect(deliveryOf({ delivery: { engine: 'helmfile' } })).toEqual({ engine: 'helmfile' })
  expect(deliveryOf({})).toBe(undefined)
})

test('what the environment says replaces the default', () => {
  const all = {
    revision: 'r',
    path: 'p',
    namespace: 'n',
    destination: 'd',
    sync: 'manual',
    applicationSet: true,
  } as const
  expect(deliveryOf({ delivery: { engine: 'argocd', repository, ...all } })).toEqual({
    engine: 'argocd',
    repository,
    ...all,
  })
})

test('the model of an environment has its delivery', () => {
  expect(resolve(byArgoCd, 'production').delivery).toMatchObject({ engine: 'argocd', revision: 'release' })
  expect(resolve(kiosk, 'production').delivery).toBe(undefined)
})

test('the form of ssh becomes a URL, and URLs stay', () => {
  expect(repositoryUrl(repository)).toBe('ssh://git@git.example.test/acme/shop.git')
  expect(repositoryUrl('https://git.example.test/acme/shop')).toBe('https://git.example.test/acme/shop')
})

import { expect, test } from 'vitest'
import { deployStep, engineOf, nextStep, restoreStep } from '../../../../scripts/model/delivery/deploy-step.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import type { DeliverySpec } from '../../../../scripts/model/types.ts'
import { delivered } from '../../../fixtures/delivered.ts'
import { kiosk } from '../../../fixtures/kiosk.ts'

const repository = 'https://git.example.test/acme/kiosk.git'
const by = (delivery: DeliverySpec) => resolve(delivered(delivery), 'staging')

test('without an engine it is a command, and helmfile leaves its release to commands', () => {
  for (const model of [resolve(kiosk, 'staging'), by({ engine: 'helmfile' })]) {
    expect(engineOf(model)).toBeUndefined()
    expect(deployStep(model)).toBe('`npm run deploy -- --environment staging`')
    expect(restoreStep(model, 'find out who')).toBe('`npm run deploy -- --environment staging`, or find out who')
    expect(nextStep(model)).toBeUndefined()
  }
})

test('Argo CD applies what is pushed, and tells why it is behind', () => {
  const model = by({ engine: 'argocd', repository })
  const step = `Argo CD applies what main of ${repository} has: push what it lacks, or see why it is behind: \`argocd app get argocd/kiosk-staging-secrets\``
  expect(deployStep(model, 'find out why your GitOps engine is behind')).toBe(step)
  expect(restoreStep(model)).toBe(`${step}. Fields that others have added it leaves: remove them by hand`)
  expect(nextStep(model)).toMatch(
    /^next: commit and push; Argo CD applies what main of .* has, by itself; `npm run wait -- --environment staging` /,
  )
})

test('where Argo CD waits for a request, the request is the step', () => {
  const model = by({ engine: 'argocd', repository, sync: 'manual', revision: 'live', namespace: 'gitops' })
  expect(deployStep(model)).toBe(
    `Argo CD applies what live of ${repository} has: push what it lacks, then \`argocd app sync gitops/kiosk-staging-secrets\``,
  )
  expect(nextStep(model)).toContain(' has, on request; ')
})

test('Flux is asked in the cluster of the environment', () => {
  expect(deployStep(by({ engine: 'flux', repository }))).toBe(
    `Flux applies what main of ${repository} has: push what it lacks, or see why it is behind: \`kubectl describe helmrelease kiosk-staging-secrets --namespace flux-system\``,
  )
})

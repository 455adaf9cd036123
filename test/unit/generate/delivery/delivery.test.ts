import { expect, test } from 'vitest'
import { deliveryFiles } from '../../../../scripts/generate/delivery/index.ts'
import { resolveAll } from '../../../../scripts/model/resolve.ts'
import type { Application } from '../../../../scripts/model/types.ts'
import { byArgoCd } from '../../../fixtures/delivered.ts'
import { kiosk } from '../../../fixtures/kiosk.ts'

const filesOf = (application: Application) => deliveryFiles(resolveAll(application), () => [])

test('without delivery nothing is written for any engine', () => {
  expect(filesOf(kiosk)).toEqual([])
})

test('an engine has its files in its own folder, each with a header of ours', () => {
  expect(filesOf(byArgoCd).map(({ path }) => path)).toEqual([
    'gitops/argocd/project.yaml',
    'gitops/argocd/argocd-cm.yaml',
    'gitops/argocd/applications/production.yaml',
    'gitops/argocd/applications/staging.yaml',
  ])
  for (const { content, header = 'none' } of filesOf(byArgoCd)) {
    expect(content).toMatch(/^# Generated from scripts\/catalogue\.ts /)
    expect(content.startsWith(header)).toBe(true)
  }
})

import { expect } from 'vitest'
import { deliveryFiles } from '../../scripts/generate/delivery/index.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { resolveAll } from '../../scripts/model/resolve.ts'
import { checkApplication } from '../../scripts/model/rules/index.ts'
import type { Application, DeliverySpec, EnvironmentSpec } from '../../scripts/model/types.ts'
import { delivered } from '../fixtures/delivered.ts'
import { kiosk } from '../fixtures/kiosk.ts'

/** How Argo CD delivers an environment. */
export type Spec = Extract<DeliverySpec, { engine: 'argocd' }>

export const repository = 'https://git.example.test/acme/kiosk.git'

/** Kiosk with its environments as given, what is not said of one as of the other. */
export function kioskWith(both: Partial<Spec>, production: Partial<Spec> = {}): Application {
  const { environments } = delivered({ engine: 'argocd', repository, ...both })
  const { staging, production: other } = environments as Readonly<Record<'staging' | 'production', EnvironmentSpec>>
  const delivery = { ...other.delivery, ...production } as Spec
  return { catalogue: kiosk.catalogue, environments: { staging, production: { ...other, delivery } } }
}

/** The generated files for Argo CD, by their path below its folder. */
export function filesOf(application: Application): ReadonlyMap<string, string> {
  expect(checkApplication(application)).toEqual([])
  const files = deliveryFiles(resolveAll(application), () => [])
  return new Map(files.map(({ path, content }) => [path.replace('gitops/argocd/', ''), content]))
}

/** What Argo CD's own kinds have that a test reads. */
export interface ArgoCdObject {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: {
    readonly destinations: readonly { server?: string; name?: string; namespace: string }[]
    readonly clusterResourceWhitelist: readonly { group: string; kind: string; name: string }[]
    readonly namespaceResourceWhitelist: readonly { group: string; kind: string }[]
    readonly sourceRepos: readonly string[]
    readonly generators: readonly { readonly list: { readonly elements: readonly Record<string, string>[] } }[]
    readonly template: object
    readonly templatePatch?: string
    readonly project: string
    readonly source: {
      readonly path: string
      readonly targetRevision: unknown
      readonly helm: { readonly releaseName: string; readonly valueFiles: readonly string[] }
    }
    readonly destination: { server?: string; name?: string; namespace: string }
    readonly syncPolicy: { readonly automated?: object; readonly syncOptions: readonly string[] }
  }
}

export function objectsIn(files: ReadonlyMap<string, string>, path: string): readonly ArgoCdObject[] {
  return parseYamlDocuments(files.get(path) ?? '', path) as readonly ArgoCdObject[]
}

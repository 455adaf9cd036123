import type { CutKind } from './crd-schemas.ts'

/** A kind that a GitOps engine reads, with the place of its definition. */
export interface EngineKind extends CutKind {
  /** The Go module, pinned in `local/toolchain/go/engines`. */
  readonly module: string
  /** In the module. */
  readonly file: string
}

/** What `gen-values` writes for GitOps engines, besides what has no definition in a cluster. */
export const engineKinds: readonly EngineKind[] = [
  flux('source', 'v1', 'GitRepository', 'source-controller'),
  flux('helm', 'v2', 'HelmRelease', 'helm-controller'),
  flux('kustomize', 'v1', 'Kustomization', 'kustomize-controller'),
  argoCd('Application'),
  argoCd('AppProject'),
  argoCd('ApplicationSet'),
]

// --- internal ---

function flux(name: string, version: string, kind: string, controller: string): EngineKind {
  const group = `${name}.toolkit.fluxcd.io`
  const plural = `${kind.toLowerCase()}s`.replace(/ys$/, 'ies')
  return {
    apiVersion: `${group}/${version}`,
    kind,
    module: `github.com/fluxcd/${controller}`,
    file: `config/crd/bases/${group}_${plural}.yaml`,
  }
}

function argoCd(kind: string): EngineKind {
  const file = `manifests/crds/${kind.toLowerCase()}-crd.yaml`
  const notOurs = ['status', 'operation']
  return { apiVersion: 'argoproj.io/v1alpha1', kind, module: 'github.com/argoproj/argo-cd/v3', file, notOurs }
}

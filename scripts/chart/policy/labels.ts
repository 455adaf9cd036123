import { placeOf } from '../manifests.ts'
import { type PolicyRule, problem } from './policy-rule.ts'

/** A label that changes with each version of the chart makes the operator read every remote secret again. */
export const noLabelNamesTheChartVersion: PolicyRule = (manifests) =>
  manifests
    .filter(({ metadata }) => metadata.labels?.['helm.sh/chart'] !== undefined)
    .map((manifest) =>
      problem('LABEL_NAMES_VERSION', placeOf(manifest), 'has the label helm.sh/chart. Expected no label that changes.'),
    )

/** Deleting a namespace deletes everything in it. */
export const namespacesAreKept: PolicyRule = (manifests) =>
  manifests
    .filter(({ kind, metadata }) => kind === 'Namespace' && metadata.annotations?.[keepAnnotation] !== 'keep')
    .map((manifest) =>
      problem('NAMESPACE_NOT_KEPT', placeOf(manifest), `has no annotation ${keepAnnotation}. Expected "keep".`),
    )

// --- internal ---

const keepAnnotation = 'helm.sh/resource-policy'

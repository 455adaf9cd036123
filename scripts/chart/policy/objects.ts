import { type ChartObject, chartKinds } from '../../model/chart-objects.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type PolicyRule, problem } from './policy-rule.ts'

/** Every object the catalogue implies, once, and nothing else. A namespace may be made by somebody else. */
export const onlyExpectedObjects: PolicyRule = (manifests, model) => {
  const expected = expectedObjects(model)
  const found = manifests.map(
    ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind}/${metadata.namespace ?? ''}/${metadata.name}`,
  )
  const missing = expected.filter((object) => !found.includes(object) && !object.startsWith('v1 Namespace'))
  const unexpected = found.filter((object, index) => !expected.includes(object) || found.indexOf(object) !== index)
  return [
    ...missing.map((object) => problem('OBJECT_MISSING', object, 'is not rendered. Expected it once.')),
    ...unexpected.map((object) =>
      problem('OBJECT_UNEXPECTED', object, 'is rendered, or rendered twice. Expected only what the catalogue implies.'),
    ),
  ]
}

// --- internal ---

function expectedObjects(model: EnvironmentModel): string[] {
  return Object.values(chartKinds).flatMap(({ apiVersion, kind, objects }) =>
    objects(model).map(({ name, namespace = '' }: ChartObject) => `${apiVersion} ${kind}/${namespace}/${name}`),
  )
}

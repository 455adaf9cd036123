import { at } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import type { World } from '../world/world.ts'
import { isSelective, matcher, selectorText } from './selectors.ts'

/** Workloads that do not select the pods they make: the API server refuses them. Source: Kubernetes API, apps/v1. */
export function ownPods({ namespaces }: World): Finding[] {
  return namespaces.flatMap(({ pods }) =>
    pods.flatMap(({ object, template }) => {
      const selector = at(object.raw, 'spec', 'selector')
      const isOfApps = object.apiVersion.startsWith('apps/')
      if (!isOfApps || !isSelective(selector) || matcher(selector)(template.labels)) return []
      return about(object, 'SELECTOR_DIFFERS', {
        key: 'spec.selector',
        fact: `spec.selector is ${selectorText(selector)}, which the labels of its own pods do not match`,
        expected: 'labels of spec.template.metadata.labels: nothing else is accepted',
        fix: 'Give both the same labels.',
      })
    }),
  )
}

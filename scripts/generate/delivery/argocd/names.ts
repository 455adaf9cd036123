import type { DeliveredModel } from '../delivered.ts'

/** An environment that Argo CD delivers. */
export type ArgoCdModel = DeliveredModel<'argocd'>

export const argoCdVersion = 'argoproj.io/v1alpha1'

/** The AppProject of an application, and its ApplicationSet. */
export function projectName(model: Pick<ArgoCdModel, 'application'> | undefined): string {
  return `${model?.application}-secrets`
}

/** A cluster as Argo CD takes it: an AppProject lets an Application only name it in the same way. */
export function argoCdDestination({ destination }: Pick<ArgoCdModel['delivery'], 'destination'>) {
  return destination.includes('://') ? { server: destination } : { name: destination }
}

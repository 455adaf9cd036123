/** Regions that have Secret Manager. Source: scaleway-sdk-go, api/secret/v1beta1. Others may have been opened since. */
export const knownRegions: readonly string[] = ['fr-par', 'nl-ams', 'pl-waw']

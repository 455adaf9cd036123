{{/*
How much an ExternalSecret may hold. The API server evaluates every rule and every message, also once one has failed. So
`spec` is empty for all other rules when it is too large, and nothing looks through it.
Arguments: none.
*/}}
{{- define "tiered-secrets.sizeVariables" -}}
- name: boundary
  expression: params.metadata.annotations
# The number of variables that the catalogue has in this tier.
- name: entries
  expression: int(variables.boundary.entries)
# `dyn`, because a field that this version of the operator lacks is not an error.
- name: wholeSpec
  expression: dyn(object).?spec.orValue({})
- name: wholeTemplate
  expression: variables.wholeSpec.?target.?template.orValue({})
- name: literalSize
  expression: >-
    variables.wholeTemplate.?templateFrom.orValue([]).size() == 1
    ? variables.wholeTemplate.templateFrom[0].?literal.orValue('').size() : 0
- name: tooLarge
  expression: >-
    ['data', 'dataFrom'].filter(name, variables.wholeSpec[?name].orValue([]).size() > variables.entries)
    .map(name, 'spec.' + name)
    + ['data'].filter(name, variables.wholeTemplate[?name].orValue({}).size() > variables.entries)
    .map(name, 'spec.target.template.' + name)
    + ['templateFrom'].filter(name, variables.wholeTemplate[?name].orValue([]).size() > 1
    || variables.literalSize > 1200 * variables.entries).map(name, 'spec.target.template.' + name)
    + ['labels', 'annotations', 'finalizers']
    .filter(name, variables.wholeTemplate.?metadata[?name].orValue([]).size() > 100)
    .map(name, 'spec.target.template.metadata.' + name)
    + ['labels', 'annotations', 'finalizers', 'ownerReferences', 'managedFields']
    .filter(name, dyn(object).metadata[?name].orValue([]).size() > 100).map(name, 'metadata.' + name)
- name: spec
  expression: "variables.tooLarge.size() == 0 ? variables.wholeSpec : {}"
{{- end -}}

{{- define "tiered-secrets.sizeRules" -}}
{{- include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_SIZE"
  "rule" "variables.tooLarge.size() == 0"
  "found" `'too large are ' + variables.tooLarge.join(', ')`
  "expected" `'as many entries as the catalogue has variables in this tier, ' + string(variables.entries)
    + ', one templateFrom, and 100 labels, annotations and the like'`
  "fix" "add the secrets to the catalogue, and deploy") }}
{{- end -}}

{{/*
Where the values of an ExternalSecret come from.
Arguments: none.
*/}}
{{- define "tiered-secrets.sourceVariables" -}}
- name: data
  expression: variables.spec.?data.orValue([])
- name: dataFrom
  expression: variables.spec.?dataFrom.orValue([])
- name: sources
  expression: >-
    variables.data.filter(entry, has(entry.sourceRef)).map(entry, entry.sourceRef)
    + variables.dataFrom.filter(entry, has(entry.sourceRef)).map(entry, entry.sourceRef)
- name: stores
  expression: >-
    [variables.spec.?secretStoreRef.orValue({})]
    + variables.sources.filter(source, has(source.storeRef)).map(source, source.storeRef)
- name: remoteRefs
  expression: >-
    variables.data.map(entry, entry.remoteRef)
    + variables.dataFrom.filter(entry, has(entry.extract)).map(entry, entry.extract)
- name: folder
  expression: "'path:' + variables.boundary.remotePath + '/'"
- name: foreignKeys
  expression: >-
    variables.remoteRefs.filter(ref, !ref.key.startsWith(variables.folder)
    || ref.key.size() > variables.folder.size() + 255 || !ref.key.substring(variables.folder.size()).matches('^[.]*[A-Za-z0-9_-][A-Za-z0-9._-]*$'))
# Paths of gjson without its syntax: a modifier such as `@tostr`, repeated, doubles a value each time.
- name: foreignProperties
  expression: >-
    variables.remoteRefs.filter(ref, has(ref.property) && ref.property != ''
    && (ref.property.size() > 1000 || !ref.property.matches({{ include "tiered-secrets.propertyPattern" . }})))
{{- end -}}

{{/*
A path of gjson as the catalogue writes it: field names with dots between them, and a backslash before any other sign.
Arguments: none.
*/}}
{{- define "tiered-secrets.propertyPattern" -}}
{{- $sign := `([A-Za-z0-9_: -]|[^\x00-\x7f]|\\[!-~])+` -}}
r'^{{ $sign }}([.]{{ $sign }})*$'
{{- end -}}

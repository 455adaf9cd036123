{{/*
The target of an ExternalSecret, and what its Secret is made of.
Arguments: none.
*/}}
{{- define "tiered-secrets.targetVariables" -}}
- name: target
  expression: variables.spec.?target.orValue({})
- name: targetName
  expression: "variables.target.?name.orValue('') == '' ? object.metadata.name : variables.target.name"
- name: template
  expression: variables.target.?template.orValue({})
- name: templateType
  expression: variables.template.?type.orValue('Opaque')
- name: templateData
  expression: variables.template.?data.orValue({})
- name: templateFrom
  expression: variables.template.?templateFrom.orValue([])
- name: templateLabels
  expression: variables.template.?metadata.?labels.orValue({})
- name: templateAnnotations
  expression: variables.template.?metadata.?annotations.orValue({})
# Other labels and annotations make replicators and collectors copy a Secret elsewhere; the operator runs all of them as templates.
- name: foreignMetadata
  expression: >-
    variables.templateLabels.filter(name, !(name in ['app.kubernetes.io/part-of', 'app.kubernetes.io/component',
    'tiered-secrets/environment']) || !variables.templateLabels[name].matches('^[A-Za-z0-9._-]*$'))
    .map(name, 'label ' + name)
    + variables.templateAnnotations.filter(name, name != 'reloader.stakater.com/match'
    || !(variables.templateAnnotations[name] in ['true', 'false'])).map(name, 'annotation ' + name)
    + variables.template.?metadata.?finalizers.orValue([]).map(name, 'finalizer ' + name)
# Fields of later versions of the operator are refused until the chart renders them.
- name: foreignFields
  expression: >-
    variables.spec.filter(name, !(name in ['secretStoreRef', 'refreshPolicy', 'refreshInterval', 'target', 'data',
    'dataFrom'])).map(name, 'spec.' + name)
    + variables.target.filter(name, !(name in ['name', 'creationPolicy', 'deletionPolicy', 'immutable', 'template',
    'manifest'])).map(name, 'spec.target.' + name)
    + variables.template.filter(name, !(name in ['type', 'engineVersion', 'mergePolicy', 'metadata', 'data',
    'templateFrom'])).map(name, 'spec.target.template.' + name)
    + variables.template.?metadata.orValue({}).filter(name, !(name in ['labels', 'annotations', 'finalizers']))
    .map(name, 'spec.target.template.metadata.' + name)
    + ['spec.data'].filter(place, variables.data.exists(entry, entry.exists(name,
    !(name in ['secretKey', 'remoteRef', 'sourceRef']))))
    + ['spec.dataFrom'].filter(place, variables.dataFrom.exists(entry, entry.exists(name,
    !(name in ['extract', 'find', 'rewrite', 'sourceRef']))))
    + ['a remoteRef or extract'].filter(place, variables.remoteRefs.exists(ref, ref.exists(name,
    !(name in ['key', 'property', 'version', 'conversionStrategy', 'decodingStrategy', 'metadataPolicy',
    'nullBytePolicy']))))
{{- end -}}

{{/*
Exactly what `tiered-secrets.optionalData` renders, as a text of CEL.
Arguments: none.
*/}}
{{- define "tiered-secrets.optionalPattern" -}}
{{- $entry := `[{][{]- if eq [$]key "\w+" [}][}]\n"[\w.-]+": [{][{] [$]value [|] toJson [}][}]\n[{][{]- end [}][}]\n` -}}
r'^[{][{]- range [$]key, [$]value := [.] [}][}]\n({{ $entry }})+[{][{]- end [}][}]\n$'
{{- end -}}

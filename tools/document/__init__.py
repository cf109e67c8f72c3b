"""The parts of the OpenAPI document that handlers do not say: names, sentences, error codes and examples.

naming    schemas, enums and unions have names, and variants require what tells them apart
words     the sentences of docs/reference, one for each field, value, code and tag
codes     the error codes that an operation can answer, read from the source
examples  a request for each operation, accepted as shown
"""

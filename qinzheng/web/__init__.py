"""Pages: what people see of the city, rendered on the server, whole without JavaScript.

Layouts, components, languages, themes and headers stand here; each desk is a package of its own.
Not here: decisions. A view reads a form, makes one call into the domain and redirects.
"""

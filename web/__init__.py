"""The bundled page. Static files only; see app.js and client.js."""

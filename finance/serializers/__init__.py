"""Wire shapes of the REST API: what is asked, and what is answered."""

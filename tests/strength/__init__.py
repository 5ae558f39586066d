"""How strong the documents are: each line of an Operation is changed, and something that runs it must notice."""

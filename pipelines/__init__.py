"""Model families, one file each. A file here may import the contract and third parties only."""

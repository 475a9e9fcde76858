"""The hall: answers, facts and knowledge become a recommendation here, and nowhere else."""

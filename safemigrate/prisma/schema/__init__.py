"""The models of a Prisma schema: what each block says, and where it stands, so that it can be compared and edited.

Prisma's own reader (getDMMF) tells neither places nor native types nor indexes, and needs Node, which a server or a job
of CI that checks a branch may not have.
"""
